"""What is wrong with a text: wrong and sensitive words, leaders, personal data, links, metadata. Pure."""
