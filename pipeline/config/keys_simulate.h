/** @file keys_simulate.h @brief Rows of the table of keys: the block `simulate`; part of keys.c. */
#ifndef KEYS_SIMULATE_H
#define KEYS_SIMULATE_H

#define SIMULATE_KEYS                                                                     \
    {"simulate", KEYS_BLOCK, KEYS_FOR_SIMULATE, AT(simulate.given),                       \
     .help = "Read by `sequin simulate` only: an observation with known truth"},          \
        {"simulate.directory", KEYS_TEXT, .offset = AT(simulate.directory),               \
         .example = "simulated",                                                          \
         .help = "Relative to the current directory. Default: as output.directory"},      \
        {"simulate.size",  KEYS_INTEGER,     .offset = AT(simulate.size), FROM(16, 2048), \
         .unit = "pixels", .standard = "96", .help = "Side of a frame"},                  \
        {"simulate.n_references",                                                         \
         KEYS_INTEGER,                                                                    \
         .offset = AT(simulate.n_references),                                             \
         FROM(1, 10000),                                                                  \
         .unit = "frames",                                                                \
         .standard = "20",                                                                \
         .help = "Of the star without companions"},                                       \
        {"simulate.n_science",                                                            \
         KEYS_INTEGER,                                                                    \
         .offset = AT(simulate.n_science),                                                \
         FROM(1, 10000),                                                                  \
         .unit = "frames",                                                                \
         .standard = "10",                                                                \
         .help = "With ring and sources"},                                                \
        {"simulate.seed", KEYS_INTEGER,    .offset = AT(simulate.seed),                   \
         AT_LEAST(1),     .standard = "1", .help = "Of everything that is random"},       \
        {"simulate.fwhm",                                                                 \
         KEYS_NUMBER,                                                                     \
         .offset = AT(simulate.fwhm),                                                     \
         FROM(1, 64),                                                                     \
         .unit = "pixels",                                                                \
         .standard = "4.0",                                                               \
         .help = "Resolution element lambda / D"},                                        \
        {"simulate.pixel_scale",                                                          \
         KEYS_NUMBER,                                                                     \
         .offset = AT(simulate.pixel_scale),                                              \
         FROM(0, 3600),                                                                   \
         .above = true,                                                                   \
         .unit = "arcsec",                                                                \
         .standard = "0.02",                                                              \
         .help = "Side of a pixel"},                                                      \
        {"simulate.obstruction",                                                          \
         KEYS_NUMBER,                                                                     \
         .offset = AT(simulate.obstruction),                                              \
         FROM(0, 0.9),                                                                    \
         .unit = "of the diameter",                                                       \
         .standard = "0.14",                                                              \
         .help = "Central obstruction of the pupil"},                                     \
        {"simulate.spiders", KEYS_INTEGER,    .offset = AT(simulate.spiders),             \
         FROM(0, 12),        .standard = "4", .help = "Number of vanes"},                 \
        {"simulate.spider_width",                                                         \
         KEYS_NUMBER,                                                                     \
         .offset = AT(simulate.spider_width),                                             \
         FROM(0, 0.2),                                                                    \
         .unit = "of the diameter",                                                       \
         .standard = "0.01",                                                              \
         .help = "Width of a vane"},                                                      \
        {"simulate.static_rms",                                                           \
         KEYS_NUMBER,                                                                     \
         .offset = AT(simulate.static_rms),                                               \
         FROM(0, 10),                                                                     \
         .unit = "radians",                                                               \
         .standard = "0.3",                                                               \
         .help = "Aberrations that stay"},                                                \
        {"simulate.drift_rms",                                                            \
         KEYS_NUMBER,                                                                     \
         .offset = AT(simulate.drift_rms),                                                \
         FROM(0, 10),                                                                     \
         .unit = "radians",                                                               \
         .standard = "0.1",                                                               \
         .help = "Aberrations that evolve"},                                              \
        {"simulate.drift_correlation",                                                    \
         KEYS_NUMBER,                                                                     \
         .offset = AT(simulate.drift_correlation),                                        \
         FROM(0, 1),                                                                      \
         .standard = "0.9",                                                               \
         .help = "From frame to frame; 1: no change"},                                    \
        {"simulate.power_law",                                                            \
         KEYS_NUMBER,                                                                     \
         .offset = AT(simulate.power_law),                                                \
         FROM(-6, 0),                                                                     \
         .standard = "-2.5",                                                              \
         .help = "Exponent of the power spectrum of the aberrations"},                    \
        {"simulate.coronagraph",                                                          \
         KEYS_WORD,                                                                       \
         .offset = AT(simulate.coronagraph),                                              \
         .words = "none|lyot|vortex",                                                     \
         .standard = "lyot",                                                              \
         .help = "What stops the starlight"},                                             \
        {"simulate.mask_radius",                                                          \
         KEYS_NUMBER,                                                                     \
         .offset = AT(simulate.mask_radius),                                              \
         FROM(0, 20),                                                                     \
         .above = true,                                                                   \
         .unit = "lambda / D",                                                            \
         .standard = "2.5",                                                               \
         .help = "lyot: of the mask in the focal plane"},                                 \
        {"simulate.lyot_stop",                                                            \
         KEYS_NUMBER,                                                                     \
         .offset = AT(simulate.lyot_stop),                                                \
         FROM(0.1, 1),                                                                    \
         .unit = "of the pupil's",                                                        \
         .standard = "0.9",                                                               \
         .help = "Outer radius of the stop"},                                             \
        {"simulate.charge",                                                               \
         KEYS_INTEGER,                                                                    \
         .offset = AT(simulate.charge),                                                   \
         FROM(2, 12),                                                                     \
         .even = true,                                                                    \
         .standard = "2",                                                                 \
         .help = "vortex: topological charge"},                                           \
        {"simulate.jitter",                                                               \
         KEYS_NUMBER,                                                                     \
         .offset = AT(simulate.jitter),                                                   \
         FROM(0, 10),                                                                     \
         .unit = "pixels rms",                                                            \
         .standard = "0.05",                                                              \
         .help = "Of the pointing"},                                                      \
        {"simulate.star_flux",                                                            \
         KEYS_NUMBER,                                                                     \
         .offset = AT(simulate.star_flux),                                                \
         FROM(0, 1e15),                                                                   \
         .above = true,                                                                   \
         .unit = "electrons per frame",                                                   \
         .standard = "1.0e9",                                                             \
         .help = "Of the star without coronagraph"},                                      \
        {"simulate.reference_flux",                                                       \
         KEYS_NUMBER,                                                                     \
         .offset = AT(simulate.reference_flux),                                           \
         FROM(0, 1e6),                                                                    \
         .above = true,                                                                   \
         .unit = "of star_flux",                                                          \
         .standard = "1.0",                                                               \
         .help = "Of the reference star"},                                                \
        {"simulate.exposure",                                                             \
         KEYS_NUMBER,                                                                     \
         .offset = AT(simulate.exposure),                                                 \
         FROM(0, 1e6),                                                                    \
         .above = true,                                                                   \
         .unit = "s",                                                                     \
         .standard = "10.0",                                                              \
         .help = "Exposure time of a frame"},                                             \
        {"simulate.background",                                                           \
         KEYS_NUMBER,                                                                     \
         .offset = AT(simulate.background),                                               \
         FROM(0, 1e12),                                                                   \
         .unit = "electrons per pixel",                                                   \
         .standard = "10.0",                                                              \
         .help = "Of the sky"},                                                           \
        {"simulate.gain",                                                                 \
         KEYS_NUMBER,                                                                     \
         .offset = AT(simulate.gain),                                                     \
         FROM(0, 1e9),                                                                    \
         .above = true,                                                                   \
         .unit = "electrons per data unit",                                               \
         .standard = "1.0",                                                               \
         .help = "Of the detector"},                                                      \
        {"simulate.read_noise",                                                           \
         KEYS_NUMBER,                                                                     \
         .offset = AT(simulate.read_noise),                                               \
         FROM(0, 1e6),                                                                    \
         .unit = "electrons",                                                             \
         .standard = "5.0",                                                               \
         .help = "Of the detector"},                                                      \
        {"simulate.cosmic_rays",                                                          \
         KEYS_NUMBER,                                                                     \
         .offset = AT(simulate.cosmic_rays),                                              \
         FROM(0, 1e5),                                                                    \
         .unit = "per frame",                                                             \
         .standard = "3.0",                                                               \
         .help = "Mean number, flagged in DQ"},                                           \
        {"simulate.bad_pixels",                                                           \
         KEYS_NUMBER,                                                                     \
         .offset = AT(simulate.bad_pixels),                                               \
         FROM(0, 0.5),                                                                    \
         .unit = "of the pixels",                                                         \
         .standard = "0.001",                                                             \
         .help = "The same in every frame, flagged in DQ"},                               \
        {"simulate.rotation",                                                             \
         KEYS_NUMBERS,                                                                    \
         .offset = AT(simulate.rotation),                                                 \
         FROM(-3600, 3600),                                                               \
         .n_min = 2,                                                                      \
         .n_max = 2,                                                                      \
         .unit = "degrees",                                                               \
         .standard = "[0, 60]",                                                           \
         .help = "Position angle of +y in the first and the last science frame"},         \
        {"simulate.sky",                                                                  \
         KEYS_NUMBERS,                                                                    \
         .offset = AT(simulate.sky),                                                      \
         FROM(-90, 360),                                                                  \
         .n_min = 2,                                                                      \
         .n_max = 2,                                                                      \
         .unit = "degrees",                                                               \
         .standard = "[85.0, -51.0]",                                                     \
         .help = "Right ascension and declination of the star"},                          \
        {"simulate.ring", KEYS_BLOCK, .help = "An inclined ring of dust"},                \
        {"simulate.ring.contrast",                                                        \
         KEYS_NUMBER,                                                                     \
         .offset = AT(simulate.ring_contrast),                                            \
         FROM(0, 1),                                                                      \
         .standard = "0",                                                                 \
         .help = "Total flux over the star's; 0 = no ring"},                              \
        {"simulate.ring.radius",                                                          \
         KEYS_NUMBER,                                                                     \
         .offset = AT(simulate.ring_radius),                                              \
         FROM(0, 2048),                                                                   \
         .above = true,                                                                   \
         .unit = "pixels",                                                                \
         .standard = "26.0",                                                              \
         .help = "Semi-major axis"},                                                      \
        {"simulate.ring.width",                                                           \
         KEYS_NUMBER,                                                                     \
         .offset = AT(simulate.ring_width),                                               \
         FROM(0, 2048),                                                                   \
         .above = true,                                                                   \
         .unit = "pixels",                                                                \
         .standard = "4.0",                                                               \
         .help = "Full width at half maximum across the ring"},                           \
        {"simulate.ring.axis_ratio",                                                      \
         KEYS_NUMBER,                                                                     \
         .offset = AT(simulate.ring_axis_ratio),                                          \
         FROM(0, 1),                                                                      \
         .above = true,                                                                   \
         .standard = "0.4",                                                               \
         .help = "Cosine of the inclination"},                                            \
        {"simulate.ring.position_angle",                                                  \
         KEYS_NUMBER,                                                                     \
         .offset = AT(simulate.ring_position_angle),                                      \
         FROM(-360, 360),                                                                 \
         .unit = "degrees",                                                               \
         .standard = "60.0",                                                              \
         .help = "Of the major axis, East of North"},                                     \
        {"simulate.ring.g",                                                               \
         KEYS_NUMBER,                                                                     \
         .offset = AT(simulate.ring_g),                                                   \
         FROM(-0.99, 0.99),                                                               \
         .standard = "0.3",                                                               \
         .help = "Henyey-Greenstein asymmetry of the scattering"},                        \
        {"simulate.sources",                                                              \
         KEYS_TRIPLES,                                                                    \
         .offset = AT(simulate.sources),                                                  \
         FROM(-100000, 100000),                                                           \
         .unit = "pixels, degrees, of the star's flux",                                   \
         .example = "[[30.0, 212.0, 1.0e-5]]",                                            \
         .help = "Separation, position angle, contrast of each. Default: none"},          \
    {                                                                                     \
        "simulate.compress", KEYS_WORD, .offset = AT(simulate.compress),                  \
                                        .words = "none|gzip", .standard = "none",         \
                                        .help = "gzip: ERR and DQ tile-compressed"        \
    }

#endif
