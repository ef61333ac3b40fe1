"""What a conversation needs beside its models: what was heard in it, and who is served first."""
