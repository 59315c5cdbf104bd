"""Where rows come from: memory and files, cut into chunks that are read when needed."""
