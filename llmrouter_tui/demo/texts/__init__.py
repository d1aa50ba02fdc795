"""What is said in the demo: the answers that models know, and the prompts that the sample traffic sends."""
