"""What runs on the hosts as root, one program per service, told over SSH what to do next."""
