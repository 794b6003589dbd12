"""Long campaigns, run on demand: `make soak SOAK=… [N=…]`; each goes on where it stopped and takes at most an hour."""
