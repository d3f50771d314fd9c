"""Creates the topics of the catalog, once."""
