"""Kiyome's gateway: carries items between segments and never looks inside untrusted bytes."""
