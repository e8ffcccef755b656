"""What gpend does on a graphics card, proven and measured in one go."""
