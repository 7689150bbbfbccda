"""Radiomics against the IBSI: its digital phantom, and mirp, which conforms to the standard.

The phantom and its values, with three digits, are those of the reference manual of the Image
Biomarker Standardisation Initiative (arXiv:1612.07003): first-order statistics of the whole
volume, textures by slice without merging ("2D averaged"). They were written down without the
manual at hand; that mirp finds each of them in the phantom is tested too. Where pyradiomics
leaves the standard, a test states by how much.
"""

import re

import mirp
import numpy as np
import pytest

from radiomics2d import features

PHANTOM = np.array(
    [
        [[1, 4, 4, 1, 1], [1, 4, 6, 1, 1], [4, 1, 6, 4, 1], [4, 4, 6, 4, 1]],
        [[1, 4, 4, 1, 1], [1, 1, 6, 1, 1], [0, 1, 3, 1, 1], [4, 4, 6, 1, 1]],
        [[1, 4, 4, 0, 0], [1, 1, 1, 1, 1], [1, 1, 0, 1, 1], [1, 1, 6, 1, 1]],
        [[1, 4, 4, 0, 0], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [1, 1, 6, 1, 1]],
    ]
)
"""Grey levels, `(slice, row, column)`; 0 is outside the region."""

IBSI = {
    "firstorder_10Percentile": ("stat_p10", 1),
    "firstorder_90Percentile": ("stat_p90", 4),
    "firstorder_Energy": ("stat_energy", 567),
    "firstorder_Entropy": ("ih_entropy", 1.27),
    "firstorder_InterquartileRange": ("stat_iqr", 3),
    "firstorder_Kurtosis": ("stat_kurt", -0.355),
    "firstorder_Maximum": ("stat_max", 6),
    "firstorder_Mean": ("stat_mean", 2.15),
    "firstorder_MeanAbsoluteDeviation": ("stat_mad", 1.55),
    "firstorder_Median": ("stat_median", 1),
    "firstorder_Minimum": ("stat_min", 1),
    "firstorder_Range": ("stat_range", 5),
    "firstorder_RobustMeanAbsoluteDeviation": ("stat_rmad", 1.11),
    "firstorder_RootMeanSquared": ("stat_rms", 2.77),
    "firstorder_Skewness": ("stat_skew", 1.08),
    "firstorder_Uniformity": ("ih_uniformity", 0.512),
    "firstorder_Variance": ("stat_var", 3.05),
    "glcm_Autocorrelation": ("cm_auto_corr", 5.09),
    "glcm_ClusterProminence": ("cm_clust_prom", 79.1),
    "glcm_ClusterShade": ("cm_clust_shade", 7.00),
    "glcm_ClusterTendency": ("cm_clust_tend", 5.47),
    "glcm_Contrast": ("cm_contrast", 5.28),
    "glcm_Correlation": ("cm_corr", -0.0121),
    "glcm_DifferenceAverage": ("cm_diff_avg", 1.42),
    "glcm_DifferenceEntropy": ("cm_diff_entr", 1.40),
    "glcm_DifferenceVariance": ("cm_diff_var", 2.90),
    "glcm_Id": ("cm_inv_diff", 0.678),
    "glcm_Idm": ("cm_inv_diff_mom", 0.619),
    "glcm_Idmn": ("cm_inv_diff_mom_norm", 0.899),
    "glcm_Idn": ("cm_inv_diff_norm", 0.851),
    "glcm_Imc1": ("cm_info_corr1", -0.155),
    "glcm_Imc2": ("cm_info_corr2", 0.487),
    "glcm_InverseVariance": ("cm_inv_var", 0.0567),
    "glcm_JointAverage": ("cm_joint_avg", 2.14),
    "glcm_JointEnergy": ("cm_energy", 0.368),
    "glcm_JointEntropy": ("cm_joint_entr", 2.05),
    "glcm_MaximumProbability": ("cm_joint_max", 0.519),
    "glcm_SumAverage": ("cm_sum_avg", 4.28),
    "glcm_SumEntropy": ("cm_sum_entr", 1.60),
    "glcm_SumSquares": ("cm_joint_var", 2.69),
    "glrlm_GrayLevelNonUniformity": ("rlm_glnu", 5.20),
    "glrlm_GrayLevelNonUniformityNormalized": ("rlm_glnu_norm", 0.460),
    "glrlm_GrayLevelVariance": ("rlm_gl_var", 3.35),
    "glrlm_HighGrayLevelRunEmphasis": ("rlm_hgre", 9.82),
    "glrlm_LongRunEmphasis": ("rlm_lre", 3.78),
    "glrlm_LongRunHighGrayLevelEmphasis": ("rlm_lrhge", 17.4),
    "glrlm_LongRunLowGrayLevelEmphasis": ("rlm_lrlge", 3.14),
    "glrlm_LowGrayLevelRunEmphasis": ("rlm_lgre", 0.604),
    "glrlm_RunEntropy": ("rlm_rl_entr", 2.17),
    "glrlm_RunLengthNonUniformity": ("rlm_rlnu", 6.12),
    "glrlm_RunLengthNonUniformityNormalized": ("rlm_rlnu_norm", 0.492),
    "glrlm_RunPercentage": ("rlm_r_perc", 0.627),
    "glrlm_RunVariance": ("rlm_rl_var", 0.761),
    "glrlm_ShortRunEmphasis": ("rlm_sre", 0.641),
    "glrlm_ShortRunHighGrayLevelEmphasis": ("rlm_srhge", 8.57),
    "glrlm_ShortRunLowGrayLevelEmphasis": ("rlm_srlge", 0.294),
    "glszm_GrayLevelNonUniformity": ("szm_glnu", 1.41),
    "glszm_GrayLevelNonUniformityNormalized": ("szm_glnu_norm", 0.323),
    "glszm_GrayLevelVariance": ("szm_gl_var", 3.97),
    "glszm_HighGrayLevelZoneEmphasis": ("szm_hgze", 16.4),
    "glszm_LargeAreaEmphasis": ("szm_lze", 43.9),
    "glszm_LargeAreaHighGrayLevelEmphasis": ("szm_lzhge", 113),
    "glszm_LargeAreaLowGrayLevelEmphasis": ("szm_lzlge", 40.4),
    "glszm_LowGrayLevelZoneEmphasis": ("szm_lgze", 0.371),
    "glszm_SizeZoneNonUniformity": ("szm_zsnu", 1.49),
    "glszm_SizeZoneNonUniformityNormalized": ("szm_zsnu_norm", 0.333),
    "glszm_SmallAreaEmphasis": ("szm_sze", 0.363),
    "glszm_SmallAreaHighGrayLevelEmphasis": ("szm_szhge", 10.3),
    "glszm_SmallAreaLowGrayLevelEmphasis": ("szm_szlge", 0.0259),
    "glszm_ZoneEntropy": ("szm_zs_entr", 1.93),
    "glszm_ZonePercentage": ("szm_z_perc", 0.240),
    "glszm_ZoneVariance": ("szm_zs_var", 21.0),
    "gldm_DependenceEntropy": ("ngl_dc_entr", 2.71),
    "gldm_DependenceNonUniformity": ("ngl_dcnu", 3.96),
    "gldm_DependenceNonUniformityNormalized": ("ngl_dcnu_norm", 0.212),
    "gldm_DependenceVariance": ("ngl_dc_var", 2.73),
    "gldm_GrayLevelNonUniformity": ("ngl_glnu", 10.2),
    "gldm_GrayLevelVariance": ("ngl_gl_var", 2.70),
    "gldm_HighGrayLevelEmphasis": ("ngl_hgce", 7.49),
    "gldm_LargeDependenceEmphasis": ("ngl_hde", 19.2),
    "gldm_LargeDependenceHighGrayLevelEmphasis": ("ngl_hdhge", 49.5),
    "gldm_LargeDependenceLowGrayLevelEmphasis": ("ngl_hdlge", 17.6),
    "gldm_LowGrayLevelEmphasis": ("ngl_lgce", 0.702),
    "gldm_SmallDependenceEmphasis": ("ngl_lde", 0.158),
    "gldm_SmallDependenceHighGrayLevelEmphasis": ("ngl_ldhge", 3.06),
    "gldm_SmallDependenceLowGrayLevelEmphasis": ("ngl_ldlge", 0.0473),
    "ngtdm_Busyness": ("ngt_busyness", 2.99),
    "ngtdm_Coarseness": ("ngt_coarseness", 0.121),
    "ngtdm_Complexity": ("ngt_complexity", 10.4),
    "ngtdm_Contrast": ("ngt_contrast", 0.925),
    "ngtdm_Strength": ("ngt_strength", 2.88),
}
"""By our name: that of mirp, and the value of the phantom."""

TEXTURES = [name for name in IBSI if not name.startswith("firstorder")]


def by_slice() -> dict[str, float]:
    """Our features of the phantom, the mean over its slices."""
    found = [features(level, level > 0, bin_width=1) for level in PHANTOM]
    return {name: float(np.mean([one[name] for one in found])) for name in found[0]}


def whole() -> dict[str, float]:
    """Our features of all slices side by side, of which only the first-order ones have a sense."""
    flat = PHANTOM.reshape(-1, PHANTOM.shape[2])
    return features(flat, flat > 0, bin_width=1)


def from_mirp(image: np.ndarray, mask: np.ndarray, **settings: object) -> dict[str, float]:
    """mirp's features of every slice of `(h, w)` or `(n, h, w)`, without what their names add."""
    shape = (-1, *image.shape[-2:])
    settings = {"base_discretisation_method": "none", **settings}
    found = mirp.extract_features(
        image=image.reshape(shape).astype(float),
        mask=mask.reshape(shape).astype(int),
        by_slice=True,
        base_feature_families=["statistics", "ih", "glcm", "glrlm", "glszm", "ngtdm", "ngldm"],
        glcm_spatial_method="2d_average",
        glrlm_spatial_method="2d_average",
        **settings,
    )
    added = re.compile(r"(_d\d)?(_a0\.0)?(_2d)?(_avg)?(_fbn_n\d+|_fbsp_w[\d.]+)?$")
    return {added.sub("", name): value for name, value in found[0].iloc[0].items()}


def assert_same(
    ours: dict[str, float], theirs: dict[str, float], names: list[str] | dict[str, tuple]
) -> None:
    """Assert equality but for rounding; pyradiomics adds 2e-16 to probabilities in logarithms."""
    for name in names:
        standard = ours[name] - 3 if name == "firstorder_Kurtosis" else ours[name]
        assert standard == pytest.approx(theirs[IBSI[name][0]], rel=1e-9, abs=1e-10), name


def region(seed: int, levels: int = 9) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers from 1 in a region with holes, every pixel of which has a neighbour."""
    rng = np.random.default_rng(seed)
    return rng.integers(1, levels + 1, (14, 17)), rng.random((14, 17)) < 0.75


def test_every_feature_of_the_standard_is_here() -> None:
    assert set(whole()) - set(IBSI) == {"firstorder_TotalEnergy", "glcm_MCC"}


def test_the_phantom_has_the_published_values() -> None:
    found = whole() | {name: value for name, value in by_slice().items() if name in TEXTURES}
    found["firstorder_Kurtosis"] -= 3  # that of a normal distribution
    theirs = from_mirp(PHANTOM, PHANTOM > 0)
    for name, (its_name, published) in IBSI.items():
        assert float(f"{found[name]:.3g}") == published, name
        assert found[name] == pytest.approx(theirs[its_name], rel=1e-9), name


@pytest.mark.parametrize("seed", range(4))
def test_regions_of_grey_levels_agree_with_mirp(seed: int) -> None:
    image, mask = region(seed, levels=3 + 4 * seed)
    assert_same(features(image, mask, bin_width=1), from_mirp(image, mask), IBSI)


@pytest.mark.parametrize("seed", range(3))
def test_a_fixed_number_of_bins_agrees_with_mirp(seed: int) -> None:
    image, mask = np.random.default_rng(seed).normal(-20, 300, (14, 17)), region(seed)[1]
    bins = {"base_discretisation_n_bins": 8 + seed}
    theirs = from_mirp(image, mask, base_discretisation_method="fixed_bin_number", **bins)
    assert_same(features(image, mask, bin_count=8 + seed), theirs, IBSI)


@pytest.mark.parametrize("kind", [np.int16, np.float64])
def test_a_fixed_width_of_bins_agrees_with_the_way_of_pyradiomics_in_mirp(kind: type) -> None:
    image, mask = np.random.default_rng(3).normal(-20, 300, (14, 17)).astype(kind), region(3)[1]
    bins = {"base_discretisation_bin_width": 64.0, "ibsi_compliant": False}
    method = "fixed_bin_size_pyradiomics"
    with pytest.warns(UserWarning, match="calibrated"):
        theirs = from_mirp(image, mask, base_discretisation_method=method, **bins)
    assert_same(features(image, mask, bin_width=64), theirs, IBSI)


def test_dependence_to_a_distance_is_that_of_all_rings_up_to_it() -> None:
    image, mask = region(5, levels=4)
    found = features(image, mask, bin_width=1, distances=(1, 2))
    theirs = from_mirp(image, mask, ngldm_distance=2.0)
    assert_same(found, theirs, [name for name in IBSI if name.startswith("gldm")])


# Where pyradiomics leaves the standard, or the standard says nothing


def test_the_maximal_correlation_is_that_of_mirp_where_all_pairs_occur() -> None:
    # Where a pair of levels does not occur, mirp takes its element of Q for 0.
    image, mask = region(6, levels=3)
    theirs = from_mirp(image, mask, ibsi_compliant=False)
    assert features(image, mask, bin_width=1)["glcm_MCC"] == pytest.approx(theirs["cm_mcc"])


def test_total_energy_is_energy_for_pixels_of_area_1() -> None:
    found = features(*region(0))
    assert found["firstorder_TotalEnergy"] == found["firstorder_Energy"]


def test_an_angle_without_lines_counts_for_runs_of_1_in_the_standard_and_not_here() -> None:
    image = np.array([[1, 1, 2, 3, 3, 3]])
    found, theirs = features(image, bin_width=1), from_mirp(image, image > 0)
    assert theirs["rlm_sre"] == pytest.approx((found["glrlm_ShortRunEmphasis"] + 3) / 4)
    assert_same(found, theirs, [name for name in TEXTURES if not name.startswith("glrlm")])


def test_a_pixel_without_neighbours_is_counted_here_and_not_in_the_standard() -> None:
    image = np.array([[1, 2, 2, 0, 0], [2, 3, 1, 0, 5], [1, 1, 3, 0, 0]])
    found, theirs = features(image, image > 0, bin_width=1), from_mirp(image, image > 0)
    assert found["ngtdm_Coarseness"] == pytest.approx(theirs["ngt_coarseness"] * 10 / 9)
    assert_same(found, theirs, [name for name in TEXTURES if not name.startswith("ngtdm")])


def test_a_constant_region_has_no_information_where_mirp_says_1() -> None:
    image = np.ones((4, 5), int)
    found, theirs = features(image, bin_width=1), from_mirp(image, image > 0)
    assert (found["glcm_Imc1"], theirs["cm_info_corr1"]) == (0, 1)
    assert found["glcm_InverseVariance"] == 0
    assert np.isnan(theirs["cm_inv_var"])
    odd = ("glcm_Imc1", "glcm_InverseVariance", "firstorder_Kurtosis")
    assert_same(found, theirs, [name for name in IBSI if name not in odd])
