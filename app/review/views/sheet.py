"""The approval sheet (信息发布审批表): what the record says, on one A4 page."""
