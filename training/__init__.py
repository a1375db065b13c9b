"""The PyTorch subproject: models, procedural scenes, recipes and the trainer."""
