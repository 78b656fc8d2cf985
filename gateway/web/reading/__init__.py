"""What pages and API read alike: queries of the address bar, plain words, figures, tries. Nothing here knows HTTP."""
