"""Cases (办件), work items (待办) and what people do with them."""
