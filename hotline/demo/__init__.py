"""The demo city 临海湾市: invented content for a first look and for tests."""
