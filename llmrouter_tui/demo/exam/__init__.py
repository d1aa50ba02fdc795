"""How the simulated models stand when they are measured: each answers the prompts of the set by its talent. They know
the answers beforehand, as models that saw a test do; that is the simulation."""
