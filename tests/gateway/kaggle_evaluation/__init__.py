"""A gateway for tests that speaks the protocol of Kaggle's `kaggle_evaluation`.

The names, the order of calls and the messages are those of the packages that come with the files of
competitions. The gateway asks for the images of a sample submission.
"""
