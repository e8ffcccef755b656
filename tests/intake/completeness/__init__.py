"""Does a file hold its picture to the end?"""
