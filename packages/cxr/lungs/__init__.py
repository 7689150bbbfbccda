"""Where the lungs lie in a chest radiograph, found without learning."""
