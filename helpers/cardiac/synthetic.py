"""Synthetic hearts: volumes, masses and walls drawn from published distributions.

Healthy adults: volumes, ejection fraction and mass of Kawel-Boehm et al. (2015); sizes, wall and
apex of the mean shape of 1,093 hearts; sphericity (volume over that of a sphere as long) up to 40 %
and 16–31 % of longitudinal shortening (Aquaro et al., 2017), by descent of the base. Hypertrophic
cardiomyopathy (HCM): maximal wall 18.5 ± 4.4 mm and three quarters asymmetric septal (874 patients,
Heart 2014); a fifth with normal mass (Olivotto et al., 2008); 2–8 % with an ejection fraction below
50 % (Marstrand et al., 2020), their cavities dilated.

Walls are thinner laterally (9.2 and 9.3 mm against 10.1 and 9.9 mm in the septum of 64 healthy
adults by echocardiography, PMC3849957). Papillary muscles hold 8.9 % of the mass (Vogel-Claussen et
al., 2006), of which contours that follow the wall take in a part. Sections as oval and axes as bent
as in the 21 Sunnybrook cavities (Radau et al., 2009), whose sections are 1.13 times as long as wide
and stray by 3 mm from a straight axis, shifts between breath-holds included, which are not drawn.

What the literature leaves open is our choice: the tilt of the base, widths of the thickened region,
the insertions of the right ventricle, roughness, and how the wall's parts vary together.
"""

import dataclasses

import numpy as np

from helpers.cardiac import anatomy, geometry
from helpers.cardiac.geometry import COS_ETA, SIN_ETA, THETA

SEXES = {  # mean and SD: end-diastolic volume (ml), mass (g), body surface (m²)
    "male": {"edv": (160, 27), "mass": (134, 21), "surface": (1.95, 0.15)},
    "female": {"edv": (132, 23), "mass": (98, 21), "surface": (1.72, 0.15)},
}
EJECTION_FRACTION = (0.67, 0.05)
LENGTH = 99.0, 149.0  # endocardial length in mm of a heart of that volume in ml
LONGEST = 108.0  # mm; longer ones would leave the common grid of 134 mm
SHORTENING = 0.17, 0.025  # of the length
PATTERNS = {"septal": 0.756, "concentric": 0.144, "apical": 0.1}
PEAK = (18.5, 4.4)  # mm, maximal wall of HCM
END_STAGE = 0.04  # share of HCM with a dilated cavity that contracts poorly
INSERTIONS = np.pi / 3, -np.pi / 3  # of the right ventricle, which border the septum
PAPILLARIES = 2.2, 3.9  # anterolateral and posteromedial


@dataclasses.dataclass(frozen=True)
class Heart:
    """A drawn subject: its two phases in one frame (ES raised so that the apices coincide)."""

    group: str
    sex: str
    pattern: str
    surface: float  # body surface, m²
    end_diastole: geometry.Ventricle
    end_systole: geometry.Ventricle
    shear: geometry.Shear  # of both phases


def draw(generator: np.random.Generator, group: str) -> Heart:
    """Draw one Heart of group "healthy" or "HCM" from a NumPy generator."""
    sex = generator.choice(list(SEXES))
    size = generator.normal()  # larger hearts are heavier, in larger bodies
    edv, mass, surface = (
        mean + sd * (0.88 * size + 0.475 * generator.normal())
        for mean, sd in (SEXES[sex][key] for key in ("edv", "mass", "surface"))
    )
    edv, mass = max(edv, 70), max(mass, 55)
    fraction = generator.normal(*EJECTION_FRACTION)
    pattern = "none"
    if group == "HCM":
        pattern = generator.choice(list(PATTERNS), p=list(PATTERNS.values()))
        edv, fraction = 0.87 * edv * np.exp(generator.normal(0, 0.12)), fraction + 0.05
        mass = 1.15 * mass
        if generator.random() < END_STAGE:
            edv, fraction = 1.4 * edv, fraction - 0.3
    fraction = np.clip(fraction, 0.25, 0.82)
    length = LENGTH[0] * (edv / LENGTH[1]) ** (1 / 3) * generator.normal(1, 0.055)
    length = min(length, LONGEST)
    base = generator.normal(0.43, 0.04)
    depth = (base - COS_ETA) / (1 + base)  # 0 at the base plane, 1 at the apex
    bulges = papillary_bulges(generator, depth)
    relief = shape_relief(generator, depth) - bulges / 25  # mm on a cavity 25 mm wide
    cavity = geometry.solve_cavity(length, base, edv, relief)
    profile = wall_profile(generator, depth) + ageing_septum(generator, depth)
    healthy = geometry.enclose(*cavity, lambda c: c * profile + bulges, mass / anatomy.DENSITY)
    wall = thicken(generator, healthy.thickness, depth, pattern)
    diastole = dataclasses.replace(
        healthy, thickness=wall, epicardium=geometry.grow(healthy.f, healthy.endocardium, wall)
    )

    shorter = 1 - np.clip(generator.normal(*SHORTENING), 0.1, 0.24)
    descended = max((1 + base) * shorter - 1, 0.02)  # the apex and the widest section stay
    contracted = geometry.solve_cavity(
        length * shorter, descended, edv * (1 - fraction), 1.5 * relief
    )
    ratio = (wall / wall.mean()) ** -0.3  # thick walls thicken less
    systole = geometry.enclose(
        *contracted, lambda c: wall + (c - 1) * ratio, diastole.wall_volume()
    )
    bend = generator.normal(0, 3, 2) / (length / 2) ** 2  # 3 mm at either end
    tilt = generator.normal((-0.05, 0), 0.06)  # the outflow tract opens at the septum
    shear = geometry.Shear(bend, tilt, diastole.h - length / 2)
    return Heart(group, str(sex), str(pattern), float(surface), diastole, systole, shear)


def shape_relief(generator: np.random.Generator, depth: np.ndarray) -> np.ndarray:
    """Draw the relative deviation of the cavity from an ellipsoid: pointed apex, oval sections."""
    pointed = generator.normal(4, 1) * np.clip(depth, 0, 1) ** 8 * (1 - depth)
    oval = sum(
        generator.normal(0, sd) * np.cos(k * THETA + generator.uniform(0, 2 * np.pi))
        for k, sd in ((1, 0.025), (2, 0.055), (3, 0.015))
    )
    flat_septum = -0.03 * np.exp(-((wrap(THETA) / 0.7) ** 2))
    return (oval + flat_septum) * SIN_ETA - pointed


def wall_profile(generator: np.random.Generator, depth: np.ndarray) -> np.ndarray:
    """Draw the healthy wall's relative thickness: less laterally and at the apex, uneven."""
    profile = 1 - generator.normal(0.2, 0.05) * smooth_step((depth - 0.55) / 0.4)
    profile = profile - generator.normal(0.07, 0.06) * (1 - np.cos(THETA)) / 2 * SIN_ETA
    for angle in INSERTIONS:  # where the right ventricle's wall joins
        profile = profile + bump(angle, 0.25, max(0, generator.normal(0.07, 0.05))) * (depth < 0.8)
    for k, sd in ((1, 0.06), (2, 0.035)):
        for along in (1, depth - 0.5):
            wave = np.cos(k * THETA + generator.uniform(0, 2 * np.pi))
            profile = profile + generator.normal(0, sd) * along * wave * SIN_ETA
    return profile


def papillary_bulges(generator: np.random.Generator, depth: np.ndarray) -> np.ndarray:
    """Draw how far (mm) contours take in the roots of the two papillary muscles."""
    along = np.exp(-(((depth - generator.normal(0.5, 0.05)) / 0.2) ** 2))
    return along * sum(
        bump(generator.normal(angle, 0.15), 0.3, max(0, generator.normal(0.8, 0.6)))
        for angle in PAPILLARIES
    )


def ageing_septum(generator: np.random.Generator, depth: np.ndarray) -> np.ndarray:
    """Draw the bulge of the basal septum that healthy hearts grow with age, often nil."""
    bulge = generator.exponential(0.25)
    return bump(generator.normal(0.25, 0.25), 0.8, bulge) * np.exp(-((depth / 0.3) ** 2))


def bump(angle: float, width: float, height: float) -> np.ndarray:
    """Return a Gaussian of the angle around the long axis, `width` rad to 1/e, (1, 48)."""
    return height * np.exp(-((wrap(THETA - angle) / width) ** 2))


def thicken(
    generator: np.random.Generator, wall: np.ndarray, depth: np.ndarray, pattern: str
) -> np.ndarray:
    """Return the wall (mm, table) with HCM of a pattern: its peak is drawn from `PEAK`."""
    if pattern == "none":
        return wall
    peak = 0.0
    while not 9 <= peak <= 32:
        peak = generator.normal(*PEAK)
    if pattern == "concentric":
        return wall * max(1.0, 0.8 * peak / wall.max())
    if pattern == "apical":
        spread = smooth_step((depth - generator.uniform(0.35, 0.55)) / 0.35) * np.ones_like(THETA)
        peak = min(peak, 20.0)
    else:
        centre, around = generator.normal(0.25, 0.25), generator.uniform(0.6, 1.1)  # rad
        along = generator.uniform(0.25, 0.45)
        middle = generator.normal(0.35, 0.1)
        spread = np.exp(-((wrap(THETA - centre) / around) ** 2) - ((depth - middle) / along) ** 2)
    start = wall[np.unravel_index(spread.argmax(), spread.shape)]
    return wall + max(0.0, peak - start) * spread


def smooth_step(x: np.ndarray) -> np.ndarray:
    """Return 0 below 0, 1 above 1, and a cubic between."""
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


def wrap(angle: np.ndarray) -> np.ndarray:
    """Return angles in (−π, π]."""
    return np.angle(np.exp(1j * angle))
