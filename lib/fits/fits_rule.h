/** @file fits_rule.h @brief What a header card may be in an HDU, as `fitsverify` sees it. */
#ifndef SQN_FITS_RULE_H
#define SQN_FITS_RULE_H

#include "fits_card.h"

/** What to do with a card. */
typedef enum sqn__fits_rule_verdict {
    SQN__FITS_KEEP,
    SQN__FITS_ARRAY, /* describes the input's array or file, not this HDU */
    SQN__FITS_REJECT /* a verifier would complain: `why` says about what */
} sqn__fits_rule_verdict;

/**
 * Judge a card for an HDU of `n_axis` axes, 0 for the primary HDU without data.
 *
 * @param[out] why  Static text when rejected.
 */
sqn__fits_rule_verdict sqn__fits_rule_judge(const char **why, const sqn__fits_card *card,
                                            int n_axis);

/** The number that follows `root` in `name`; -1 when no digit follows, or it is another name. */
int sqn__fits_rule_axis(const char *name, const char *root);

/** True for PCi_j or CDi_j (`root` "PC" or "CD") of the main WCS. */
bool sqn__fits_rule_is_matrix(const char *name, const char *root);

/** True for the keywords of a WCS, main or alternate, SIP included. */
bool sqn__fits_rule_is_wcs(const char *name);

#endif
