"""The attempts of `probes`, for a child of a server that has LibreOffice loaded: what is there to abuse differs."""

from sanitizers.confinement import office, probes

warm = office.warm
clean = probes.clean
