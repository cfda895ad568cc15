/** @file spectra_result.h @brief What the stages of task spectra leave, and its FITS products. */
#ifndef SPECTRA_RESULT_H
#define SPECTRA_RESULT_H

#include "amounts.h"
#include "basis.h"
#include "curve.h"
#include "mend.h"
#include "sample.h"
#include "session.h"

/** What the stages left. Owned by the run; products and pictures only look. */
typedef struct spectra_result {
    const config *settings;
    const sqn_log *log;
    sqn_spectra loaded; /**< Templates of components.load. */
    sample sample;
    mended mended;
    basis basis;
    sqn_rows data; /**< The spectra: of the sample, or of the panels that took them over. */
    curve curve;
    amounts amounts; /**< Of the largest count. */
} spectra_result;

/** A writer of one product; the table of products names them. */
typedef sqn_status spectra_product_writer(const sqn_fits_sink *sink,
                                          const spectra_result *r, sqn_error *err);

spectra_product_writer spectra_product_components, spectra_product_model,
    spectra_product_residual, spectra_product_template;

/** Pictures, report and record of the run. A picture that cannot be drawn is a warning. */
SQN_NODISCARD sqn_status spectra_present_pictures(session *s, const spectra_result *r,
                                                  sqn_error *err);
SQN_NODISCARD sqn_status spectra_present_report(session *s, const spectra_result *r,
                                                sqn_error *err);
SQN_NODISCARD sqn_status spectra_present_record(session *s, const spectra_result *r,
                                                sqn_error *err);

#endif
