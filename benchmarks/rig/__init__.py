"""What the benchmarks share: contenders in processes of their own, texts, a recorder, and reports."""
