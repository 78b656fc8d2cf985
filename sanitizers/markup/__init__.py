"""What drawings (SVG) and pages (HTML) share: style sheets, links, pictures in data URLs, counting what was met."""
