"""Articles: the list, one article, its versions and its passes."""
