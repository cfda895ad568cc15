/** @file keys_spectra.h @brief Rows of the table of keys: the block `spectra`; part of keys.c. */
#ifndef KEYS_SPECTRA_H
#define KEYS_SPECTRA_H

#define SPECTRA_KEYS                                                                       \
    {"spectra", KEYS_BLOCK, KEYS_FOR_RUN, SPECTRA,                                         \
     .help = "Spectra with their noise, of task spectra"},                                 \
        {"spectra.files",                                                                  \
         KEYS_PATHS,                                                                       \
         KEYS_IN_BLOCK,                                                                    \
         AT(spectra.files),                                                                \
         .n_min = 1,                                                                       \
         .example = "[\"spec-*.fits\"]",                                                   \
         .help =                                                                           \
             "A file holds an image [n_spectra, n_wave] (or of one spectrum), an image "   \
             "for each arm, or a table of one spectrum; names as in science.files"},       \
        {"spectra.flux_hdu", KEYS_HDU, .offset = AT(spectra.flux_hdu), .example = "FLUX",  \
         .help =                                                                           \
             "Name or number. Default: FLUX, else the first image; with arms {arm}_FLUX"}, \
        {"spectra.ivar_hdu", KEYS_HDU, .offset = AT(spectra.ivar_hdu), .example = "IVAR",  \
         .help = "Inverse variance; none ignores it. Default: IVAR where present, else "   \
                 "equal weights with a warning"},                                          \
        {"spectra.error_hdu", KEYS_HDU, .offset = AT(spectra.error_hdu), .example = "ERR", \
         .help = "1 sigma, in place of ivar_hdu. Default: none"},                          \
        {"spectra.mask_hdu", KEYS_HDU, .offset = AT(spectra.mask_hdu), .example = "MASK",  \
         .help = "Integer flags; none ignores them. Default: MASK where present"},         \
        {"spectra.mask_bits",                                                              \
         KEYS_INTEGERS,                                                                    \
         .offset = AT(spectra.mask_bits),                                                  \
         FROM(0, 31),                                                                      \
         .n_min = 1,                                                                       \
         .unlike = true,                                                                   \
         .example = "[0, 1]",                                                              \
         .help = "Bit numbers (0 = value 1) that mean missing. Default: all"},             \
        {"spectra.wavelength_hdu", KEYS_HDU, .offset = AT(spectra.wavelength_hdu),         \
         .example = "LOGLAM",                                                              \
         .help = "Wavelengths, the same for all spectra of a file. Default: LOGLAM, "      \
                 "WAVELENGTH or WAVE where present, else the WCS of axis 1"},              \
        {"spectra.arms",                                                                   \
         KEYS_TEXTS,                                                                       \
         .offset = AT(spectra.arms),                                                       \
         .n_min = 1,                                                                       \
         .example = "[B, R, Z]",                                                           \
         .help = "Arms of a spectrograph, joined on one grid, overlap by inverse "         \
                 "variance; they replace {arm} in names of HDUs. Default: none"},          \
        {"spectra.table_hdu", KEYS_HDU, .offset = AT(spectra.table_hdu),                   \
         .example = "COADD",                                                               \
         .help = "Table of one spectrum. Default: without images the first with flux and " \
                 "wavelength"},                                                            \
        {"spectra.flux_column", KEYS_TEXT, .offset = AT(spectra.flux_column),              \
         .example = "flux", .help = "Of the table, case ignored. Default: flux"},          \
        {"spectra.ivar_column", KEYS_TEXT, .offset = AT(spectra.ivar_column),              \
         .example = "ivar",                                                                \
         .help = "Inverse variance; none ignores it. Default: ivar where present"},        \
        {"spectra.error_column", KEYS_TEXT, .offset = AT(spectra.error_column),            \
         .example = "sigma", .help = "1 sigma, in place of ivar_column. Default: none"},   \
        {"spectra.mask_column", KEYS_TEXT, .offset = AT(spectra.mask_column),              \
         .example = "and_mask",                                                            \
         .help =                                                                           \
             "Integer flags; none ignores them. Default: and_mask or mask where present"}, \
        {"spectra.wavelength_column", KEYS_TEXT, .offset = AT(spectra.wavelength_column),  \
         .example = "loglam",                                                              \
         .help = "Wavelengths. Default: loglam, wavelength, wave or lambda"},              \
        {"spectra.wavelength_scale",                                                       \
         KEYS_WORD,                                                                        \
         .offset = AT(spectra.wavelength_scale),                                           \
         .words = "linear|log10|ln",                                                       \
         .first_word = CONFIG_SCALE_LINEAR,                                                \
         .example = "log10",                                                               \
         .help = "What the numbers are. Default: log10 where name, unit or CTYPE1 holds "  \
                 "LOG or DC-FLAG is 1, else linear"},                                      \
        {"spectra.wavelength_unit",                                                        \
         KEYS_CHOICE,                                                                      \
         .offset = AT(spectra.wavelength_unit),                                            \
         .words = "Angstrom|nm|um",                                                        \
         .example = "Angstrom",                                                            \
         .help = "Of the input; products are in Angstrom. Default: as the header says, "   \
                 "else Angstrom"},                                                         \
        {"spectra.redshift", KEYS_BLOCK, .offset = AT(spectra.redshift.given),             \
         .help = "Where redshifts are. Default: column Z of a table of the spectrum's "    \
                 "own file, one row per spectrum"},                                        \
        {"spectra.redshift.file", KEYS_PATH, .offset = AT(spectra.redshift.file),          \
         .example = "z.fits", .help = "A catalogue. Default: the spectrum's own file"},    \
        {"spectra.redshift.hdu", KEYS_HDU, .offset = AT(spectra.redshift.hdu),             \
         .example = "2", .help = "Of the table. Default: the first with the column"},      \
        {"spectra.redshift.column", KEYS_TEXT, .offset = AT(spectra.redshift.column),      \
         .standard = "Z",                                                                  \
         .help = "Missing or not above -1: the spectrum is left out of the rest frame, "   \
                 "with a warning"},                                                        \
        {"spectra.redshift.match", KEYS_TEXT, .offset = AT(spectra.redshift.match),        \
         .example = "TARGETID",                                                            \
         .help = "Column of the catalogue and of the spectra that says which row is "      \
                 "whose. Default: rows in the order of the spectra"},                      \
        {"spectra.frame",                                                                  \
         KEYS_WORD,                                                                        \
         .offset = AT(spectra.frame),                                                      \
         .words = "observed|rest",                                                         \
         .standard = "observed",                                                           \
         .help = "rest: moved by whole pixels where all spectra have one step of log "     \
                 "wavelength, else resampled with their variance; flux is not multiplied " \
                 "by (1 + z)"},                                                            \
        {"spectra.input_frame",                                                            \
         KEYS_WORD,                                                                        \
         .offset = AT(spectra.input_frame),                                                \
         .words = "observed|rest",                                                         \
         .standard = "observed",                                                           \
         .help = "Of the wavelengths in the files; rest: nothing is moved, and pictures "  \
                 "mark the lines of the rest frame"},                                      \
        {"spectra.range",                                                                  \
         KEYS_NUMBERS,                                                                     \
         .offset = AT(spectra.range),                                                      \
         POSITIVE,                                                                         \
         RISING_PAIR,                                                                      \
         .unit = "Angstrom, in that frame",                                                \
         .example = "[1000.0, 7000.0]",                                                    \
         .help =                                                                           \
             "Wavelengths to model. Default: every one that at least 2 spectra reach"},    \
        {"spectra.bin",                                                                    \
         KEYS_INTEGER,                                                                     \
         .offset = AT(spectra.bin),                                                        \
         FROM(1, 1000),                                                                    \
         .unit = "pixels",                                                                 \
         .standard = "1",                                                                  \
         .help = "Wavelengths averaged into one of an even logarithmic grid"},             \
        {"spectra.select", KEYS_BLOCK, .offset = AT(spectra.select.given),                 \
         .help = "Only spectra in a range of a column. Default: all"},                     \
        {"spectra.select.column",                                                          \
         KEYS_TEXT,                                                                        \
         KEYS_IN_BLOCK,                                                                    \
         AT(spectra.select.column),                                                        \
         .example = "Z",                                                                   \
         .help = "Of a table of the spectrum's own file, one row per spectrum"},           \
        {"spectra.select.range",    KEYS_NUMBERS, KEYS_IN_BLOCK,                           \
         AT(spectra.select.range),  RISING_PAIR,  .example = "[0.3, 5.0]",                 \
         .help = "Both ends are in"},                                                      \
        {"spectra.normalise",                                                              \
         KEYS_WORD,                                                                        \
         .offset = AT(spectra.normalise),                                                  \
         .words = "none|mean|median",                                                      \
         .standard = "none",                                                               \
         .help = "What each spectrum is divided by; undone in the products"},              \
        {"spectra.normalise_window",                                                       \
         KEYS_NUMBERS,                                                                     \
         .offset = AT(spectra.normalise_window),                                           \
         POSITIVE,                                                                         \
         RISING_PAIR,                                                                      \
         .unit = "Angstrom, in that frame",                                                \
         .example = "[1450.0, 1480.0]",                                                    \
         .help = "Where mean or median are taken. Default: everywhere"},                   \
        {"spectra.id_columns",                                                             \
         KEYS_TEXTS,                                                                       \
         .offset = AT(spectra.id_columns),                                                 \
         .n_min = 1,                                                                       \
         .example = "[PLATE, MJD, FIBERID]",                                               \
         .help =                                                                           \
             "Carried to the table SPECTRA. Default: these, and TARGETID, where found"},   \
        {"spectra.template", KEYS_BLOCK, .offset = AT(spectra.template.given),             \
         .help = "Also rrtemplate.fits, the templates as redrock reads them "              \
                 "(BASIS_VECTORS). Default: none"},                                        \
        {"spectra.template.type", KEYS_TEXT,                                               \
         KEYS_IN_BLOCK,           AT(spectra.template.type),                               \
         .example = "QSO",        .help = "RRTYPE: GALAXY, QSO or STAR"},                  \
        {"spectra.template.subtype", KEYS_TEXT, .offset = AT(spectra.template.subtype),    \
         .standard = "", .help = "RRSUBTYP"},                                              \
        {"spectra.template.igm",                                                           \
         KEYS_CHOICE,                                                                      \
         .offset = AT(spectra.template.igm),                                               \
         .words = "None|Calura12|Kamble20|Inoue14",                                        \
         .standard = "None",                                                               \
         .help = "RRIGM: the absorption that redrock multiplies templates by; None where " \
                 "the spectra were not corrected for it"},                                 \
    {                                                                                      \
        "spectra.template.redshifts", KEYS_NUMBERS,                                        \
            .offset = AT(spectra.template.redshifts), .n_min = 3, .n_max = 3,              \
            .example = "[0.05, 6.0, 5.0e-4]",                                              \
            .help =                                                                        \
                "First, last and step of log10(1 + z) that redrock tries (REDSHIFTS). "    \
                "Default: its own for the type"                                            \
    }

#endif
