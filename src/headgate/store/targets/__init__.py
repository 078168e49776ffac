"""Where rows land: in tables that Headgate makes, or in those of an application."""
