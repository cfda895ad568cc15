/**
 * @file config.h
 * @brief The resolved configuration: what the stages read, and nothing else.
 *
 * Filled from YAML and defaults by way of the one table of keys (keys.c). Texts, lists and
 * file names that were not given are NULL or empty; numbers without a default are NaN.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "sequin/error.h"
#include "sequin/log.h"

/** Lists own their items. */
typedef struct config_texts {
    int64_t n;
    char **item;
} config_texts;
typedef struct config_integers {
    int64_t n;
    int64_t *item;
} config_integers;
typedef struct config_numbers {
    int64_t n;
    double *item;
} config_numbers;

/** Words of the configuration, in the order of the table of keys. */
enum {
    CONFIG_UNSET = -1,
    CONFIG_FALSE = 0,
    CONFIG_TRUE = 1
}; /* booleans with an automatic */
typedef enum config_task {
    CONFIG_TASK_IMAGING,
    CONFIG_TASK_SPECTRA,
    CONFIG_TASK_IMPUTE
} config_task;
typedef enum config_kind { CONFIG_NORTH_CCW, CONFIG_NORTH_CW } config_kind;
typedef enum config_center {
    CONFIG_CENTER_STAR,
    CONFIG_CENTER_FRAME,
    CONFIG_CENTER_CRPIX
} config_center;
typedef enum config_noise {
    CONFIG_NOISE_AUTO, /**< Not written: errors where both have them, else uniform. */
    CONFIG_NOISE_ERRORS,
    CONFIG_NOISE_POISSON,
    CONFIG_NOISE_UNIFORM
} config_noise;
typedef enum config_negatives {
    CONFIG_NEGATIVES_AUTO, /**< Not written: keep with anls, zero with mu. */
    CONFIG_NEGATIVES_KEEP,
    CONFIG_NEGATIVES_ZERO,
    CONFIG_NEGATIVES_MISSING
} config_negatives;
typedef enum config_method { CONFIG_METHOD_ANLS, CONFIG_METHOD_MU } config_method;
typedef enum config_construction { CONFIG_SEQUENTIAL, CONFIG_JOINT } config_construction;
typedef enum config_start { CONFIG_START_RESIDUAL, CONFIG_START_RANDOM } config_start;
typedef enum config_background {
    CONFIG_BACKGROUND_NONE,
    CONFIG_BACKGROUND_FLAT
} config_background;
typedef enum config_scaling {
    CONFIG_SCALING_AUTO,
    CONFIG_SCALING_NONE,
    CONFIG_SCALING_BFF,
    CONFIG_SCALING_BFF_PUBLISHED,
    CONFIG_SCALING_IMPUTATION
} config_scaling;
typedef enum config_frame {
    CONFIG_FRAME_AUTO, /**< Not written: sky when angles are given, else detector. */
    CONFIG_FRAME_SKY,
    CONFIG_FRAME_DETECTOR
} config_frame;
typedef enum config_combine { CONFIG_MEAN, CONFIG_MEDIAN, CONFIG_WEIGHTED } config_combine;
typedef enum config_by { CONFIG_BY_ALL, CONFIG_BY_FILE, CONFIG_BY_WAVELENGTH } config_by;
typedef enum config_coronagraph {
    CONFIG_CORONAGRAPH_NONE,
    CONFIG_CORONAGRAPH_LYOT,
    CONFIG_CORONAGRAPH_VORTEX
} config_coronagraph;
typedef enum config_scale {
    CONFIG_SCALE_AUTO, /**< Not written: as names and headers say. */
    CONFIG_SCALE_LINEAR,
    CONFIG_SCALE_LOG10,
    CONFIG_SCALE_LN
} config_scale;
typedef enum config_spectral_frame { CONFIG_OBSERVED, CONFIG_REST } config_spectral_frame;
typedef enum config_normalise {
    CONFIG_NORMALISE_NONE,
    CONFIG_NORMALISE_MEAN,
    CONFIG_NORMALISE_MEDIAN
} config_normalise;
typedef enum config_compress { CONFIG_COMPRESS_NONE, CONFIG_COMPRESS_GZIP } config_compress;

/** science.angles */
typedef struct config_angles {
    bool given;
    char *from; /**< "wcs" or NULL. */
    char *keyword, *keyword_end, *file, *column;
    config_numbers values;
    config_kind kind;
    double offset; /**< (degrees) */
} config_angles;

/** science and references */
typedef struct config_input {
    config_texts files; /**< As written: patterns and lists not yet expanded. */
    char *hdu;
    config_integers extver, exclude_frames;
    char *error_hdu, *variance_hdu, *ivar_hdu, *quality_hdu;
    config_integers quality_bits;
    config_texts error_files, variance_files, ivar_files, quality_files, mask_files;
    config_numbers valid_range; /**< 0 or 2 values. */
    config_numbers missing_values;
    char *divide_by;
    double pixel_scale; /**< (arcsec) NaN = from the header. */
    double fwhm;        /**< (pixels) NaN = assumed. */
    char *wavelengths, *wavelength_unit;
    config_angles angles; /**< science only. */
} config_input;

typedef struct config_output {
    char *directory; /**< NULL = sequin-out/<name of the configuration>. */
    char *prefix;    /**< "" by default. */
    bool overwrite, plots, report;
} config_output;

typedef struct config_region {
    config_numbers center; /**< 0 or 2 values (FITS pixels, x first). */
    config_center center_from;
    double inner_radius, outer_radius; /**< (pixels) */
    char *mask_file;
} config_region;

typedef struct config_noise_block {
    config_noise model;
    double gain, read_noise; /**< read_noise NaN = not given. */
    config_negatives negatives;
    double clip_sigma; /**< 0 = no outliers are looked for. */
    double clip_max_fraction;
    bool rescale;
} config_noise_block;

enum { CONFIG_COUNT_AUTO = 1 << 30 /**< components.count: auto; no count is as large. */ };

typedef struct config_components {
    int64_t count;     /**< 0 = not written: min(10, references) or min(10, frames / 2). */
    double holdout;    /**< NaN = not written: 0, with CONFIG_COUNT_AUTO 0.05. */
    int64_t max_count; /**< 0 = not written: min(30, frames / 2). */
    config_method method;
    config_construction construction;
    config_start start;
    int64_t seed;
    double tolerance;
    int64_t max_iterations;
    config_background background;
    bool write_stages;
    double smooth; /**< Strength of the penalty on second differences; 0 = none. */
    char *load;
} config_components;

/** Elliptical ring in the words of model.exclude_ellipse. */
typedef struct config_ellipse {
    bool given;
    config_numbers semi_major; /**< 2 values (pixels). */
    double axis_ratio, position_angle;
} config_ellipse;

typedef struct config_model {
    config_integers counts; /**< Empty = all. */
    bool truncate;
    config_scaling scaling;
    config_frame exclude_frame;
    config_numbers exclude_annulus; /**< 0 or 2 values (pixels). */
    config_ellipse exclude_ellipse;
    config_numbers exclude_circles; /**< 3 values a circle: x, y, radius. */
    char *exclude_mask;
} config_model;

typedef struct config_combine_block {
    int derotate; /**< CONFIG_UNSET = true when angles are given. */
    config_combine method;
    config_by by;
    bool frames;
} config_combine_block;

/** spectra.redshift */
typedef struct config_redshift {
    bool given;
    char *file, *hdu, *column, *match;
} config_redshift;

/** spectra.select */
typedef struct config_select {
    bool given;
    char *column;
    config_numbers range; /**< 2 values. */
} config_select;

/** spectra.template */
typedef struct config_template {
    bool given;
    char *type, *subtype, *igm;
    config_numbers redshifts; /**< 0 or 3 values: first, last, step of log10(1 + z). */
} config_template;

/** spectra: what task spectra reads. */
typedef struct config_spectra {
    config_texts files; /**< As written: patterns and lists not yet expanded. */
    char *flux_hdu, *ivar_hdu, *error_hdu, *mask_hdu, *wavelength_hdu, *table_hdu;
    char *flux_column, *ivar_column, *error_column, *mask_column, *wavelength_column;
    config_integers mask_bits; /**< Empty = all. */
    config_texts arms;
    config_scale wavelength_scale;
    char *wavelength_unit; /**< NULL = as the header says. */
    config_redshift redshift;
    config_spectral_frame frame, input_frame;
    config_numbers range; /**< 0 or 2 values (Angstrom). */
    int64_t bin;
    config_select select;
    config_normalise normalise;
    config_numbers normalise_window; /**< 0 or 2 values (Angstrom). */
    config_texts id_columns;
    config_template template;
} config_spectra;

/** simulate: what `sequin simulate` makes. */
typedef struct config_simulate {
    bool given;
    char *directory; /**< NULL = as output.directory. */
    int64_t size, n_references, n_science, seed;
    double fwhm;              /**< lambda / D (pixels). */
    double pixel_scale;       /**< (arcsec) */
    double obstruction;       /**< Central, fraction of the diameter. */
    int64_t spiders;          /**< Number of vanes. */
    double spider_width;      /**< Fraction of the diameter. */
    double static_rms;        /**< Quasi-static aberrations (radians rms). */
    double drift_rms;         /**< Evolving aberrations (radians rms). */
    double drift_correlation; /**< AR(1) coefficient from frame to frame, 0..1. */
    double power_law;         /**< Exponent of the power spectrum of the phase, < 0. */
    config_coronagraph coronagraph;
    double mask_radius;      /**< Lyot: focal-plane mask (lambda / D). */
    double lyot_stop;        /**< Outer radius of the stop, fraction of the pupil's. */
    int64_t charge;          /**< Vortex: topological charge, even. */
    double jitter;           /**< rms of the pointing on each axis (pixels). */
    double star_flux;        /**< Of the star beside the focal-plane mask, behind the stop
                                  (electrons per frame): what contrasts are relative to. */
    double reference_flux;   /**< Of the reference star over that of the star. */
    double exposure;         /**< (s) */
    double background;       /**< (electrons per pixel) adds its noise and is taken off. */
    double gain;             /**< Electrons per data unit. */
    double read_noise;       /**< (electrons) */
    double cosmic_rays;      /**< Mean number per frame. */
    double bad_pixels;       /**< Fraction of the detector. */
    config_numbers rotation; /**< First and last angle of +y (degrees). */
    config_numbers sky;      /**< RA, Dec of the star (degrees). */
    double ring_contrast;    /**< Total flux over the star's; 0 = no ring. */
    double ring_radius;      /**< Semi-major axis (pixels). */
    double ring_width;       /**< FWHM across (pixels). */
    double ring_axis_ratio;  /**< cos(inclination). */
    double ring_position_angle; /**< Major axis, East of North (degrees); the near side is
                                     90 degrees further. */
    double ring_g;              /**< Henyey-Greenstein asymmetry, -1..1. */
    config_numbers sources;     /**< 3 values a source: separation (pixels), position angle
                                      (degrees), contrast. */
    config_compress compress;   /**< ERR and DQ tile-compressed. */
} config_simulate;

/** What the rows of the matrix are that is factorised. */
typedef enum config_frames {
    CONFIG_FRAMES_AUTO,
    CONFIG_FRAMES_PLANES,
    CONFIG_FRAMES_ROWS,
    CONFIG_FRAMES_FILES,
    CONFIG_FRAMES_PATCHES
} config_frames;

/** Which blocks a command needs. */
typedef enum config_use { CONFIG_FOR_RUN, CONFIG_FOR_SIMULATE } config_use;

/** Where a key was written. Opaque. */
struct config_place;

/** Everything a run is told. */
typedef struct config {
    config_use use; /**< What it was read for. */
    char *path;     /**< Of the file, as given. */
    char *folder;   /**< Of the file: input paths are relative to it. */
    char *name;     /**< File name without folder and suffix. */
    config_task task;
    char *title;
    config_output output;
    config_input science, references;
    bool references_are_science; /**< `references: science`. */
    config_region region;
    config_noise_block noise;
    config_components components;
    config_model model;
    config_combine_block combine;
    config_input images; /**< Of task impute, as the next three. */
    config_frames images_frames;
    int64_t images_patch_size;   /**< (pixels) odd. */
    config_numbers images_boxes; /**< 4 values a box: x1, y1, x2, y2 (FITS pixels). */
    config_spectra spectra;
    config_simulate simulate;
    struct config_place *places; /**< Of the keys; NULL when not read from a file. Owned. */
} config;

/**
 * Read a configuration, overlay `--set key.path=value` items, check everything in one pass.
 *
 * Every problem found, also a file that cannot be read, is sent to `problems->warn` (as errors
 * with where = path:line:column (key.path), or `--set key.path`); the first is also in `err`.
 * More than 50 are counted only. For CONFIG_FOR_SIMULATE no block but `simulate` is required or
 * checked against others. Missing required keys and keys that exclude each other come last.
 *
 * @param[out] out   Filled on success, cleared on failure. Free with config_clear().
 * @param[in]  sets  [n_set] each `key.path=VALUE`, VALUE in YAML; later ones win. A block or
 *                   list that is set replaces the whole of the old one.
 *
 * @retval SQN_ERR_CONFIG       E_CFG_SCHEMA, E_CFG_SYNTAX, E_CFG_LIMIT, E_PATH, E_COUNT.
 * @retval SQN_ERR_DATA         E_ANGLES: turning is asked for without angles.
 * @retval SQN_ERR_USAGE        A `--set` item without `=` or with an empty key.
 * @retval SQN_ERR_INPUT        E_IN_MISSING, E_IN_NOTFILE.
 * @retval SQN_ERR_PERMISSION, SQN_ERR_IO, SQN_ERR_MEMORY
 */
SQN_NODISCARD sqn_status config_read(config *out, const char *path, const char *const *sets,
                                     int n_set, config_use use, const sqn_log *problems,
                                     sqn_error *err);
void config_clear(config *c);

/**
 * Where a key (its full path) is written: "path:line:column (key)" or "--set key", "path (key)"
 * when it is not. Returns `out`.
 */
const char *config_where(char out[SQN_ERROR_WHERE_MAX], const config *c, const char *key);

/** `name` as a path: relative names are relative to the configuration. NULL stays NULL. */
const char *config_beside(char *out, size_t size, const config *c, const char *name);

/** True when the key is written, so that its value is no default. */
bool config_given(const config *c, const char *key);

/**
 * Put the names of every `@list` in its place, so that what is kept of the configuration does
 * not depend on the list.
 *
 * @retval SQN_ERR_INPUT  E_IN_MISSING: the list, or a file it names.
 * @retval SQN_ERR_PERMISSION, SQN_ERR_DATA, SQN_ERR_IO, SQN_ERR_MEMORY
 */
SQN_NODISCARD sqn_status config_unlist(config *c, sqn_error *err);

/**
 * The resolved configuration as YAML that config_read() takes: every key that has a value.
 * Lists of files must have been replaced by their names, by config_unlist().
 * Of a configuration read for `sequin simulate`, the block `simulate` (and `output`) alone.
 *
 * @param[out] text      Owned by the caller, free().
 * @param[in]  absolute  Input paths made absolute (run.yaml), or without folders and without
 *                       output and simulate (for the header of the products).
 *
 * @retval SQN_ERR_MEMORY, SQN_ERR_IO (no current directory), SQN_ERR_CONFIG (E_PATH: too long)
 */
SQN_NODISCARD sqn_status config_dump(char **text, const config *c, bool absolute,
                                     sqn_error *err);

/** configs/full.yaml: every key with help, unit, range and default; owned, free(). */
SQN_NODISCARD sqn_status config_document(char **text, sqn_error *err);

#endif
