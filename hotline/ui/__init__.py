"""The design system: base templates, macros, and the helpers that several rooms' views use."""
