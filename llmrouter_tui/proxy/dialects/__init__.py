"""How clients of other families ask and are answered: each dialect between its own format and the canonical one."""
