"""Radiomic features of an image region, with the definitions and names of pyradiomics.

There are 18 first-order and 75 texture-matrix features. The definitions are those of the
Image Biomarker Standardisation Initiative (IBSI, Zwanenburg et al. 2020; reference manual,
arXiv:1612.07003) where pyradiomics 3.0.1 (van Griethuysen et al. 2017) follows it: firstorder has
sections 3.3 and 3.4, glcm 3.6, glrlm 3.7, glszm 3.8, ngtdm 3.10, gldm 3.11. Unlike
in IBSI, Kurtosis is not reduced by 3, glrlm skips an angle without lines, ngtdm counts pixels
without neighbours, and glcm at distance 2 has more angles; MCC and TotalEnergy are not in IBSI.
"""

from radiomics2d._errors import BadRegion
from radiomics2d._features import features

__all__ = ["BadRegion", "features"]
