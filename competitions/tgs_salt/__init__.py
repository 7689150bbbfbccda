"""TGS Salt Identification Challenge: seismic images of 101 x 101 pixels, which pixels are salt?"""
