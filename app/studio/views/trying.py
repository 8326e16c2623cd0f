"""The try-out (试走): a draft is played in the browser."""
