"""The steps, each as it was when it was released."""
