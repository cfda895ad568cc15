/** @file fits_angles.c @brief Angles from headers, WCS and lists. */
#include "fits_angles.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "raise.h"
#include "sequin/wcs.h"

bool sqn__fits_angles_are_listed(const sqn_fits_angles *angles)
{
    return !angles->from_wcs && angles->keyword == NULL;
}

/* Keywords that speak of turning; angles of a telescope have no common name. */
static bool is_angle_like(const char *keyword)
{
    static const char *const parts[] = {"ANGLE",  "ORIENT", "PARAN",
                                        "POSANG", "ROLL",   "ROT"};

    for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++) {
        if (strstr(keyword, parts[k]) != NULL) {
            return true;
        }
    }
    return strcmp(keyword, "PA") == 0 || strncmp(keyword, "PA_", 3) == 0;
}

/* Append the numbers of a header that may be angles to a list of names. */
static void list_angle_like(char *out, size_t size, const sqn_header *header)
{
    for (int64_t i = 0; header != NULL && i < sqn_header_n_card(header); i++) {
        const char *card = sqn_header_card(header, i);
        const size_t used = strlen(out);
        char keyword[SQN__CARD + 1];
        double value;

        sqn__header_card_keyword(keyword, card);
        if (is_angle_like(keyword) && strstr(out, keyword) == NULL &&
            sqn_header_number(&value, header, keyword) &&
            used + strlen(keyword) + 3 < size) {
            (void)snprintf(out + used, size - used, "%s%s", used > 0 ? ", " : "", keyword);
        }
    }
}

static sqn_status look_keyword(double *out, bool *of_file, const sqn__fits_unit *unit,
                               const sqn__fits_headers *headers, const char *keyword,
                               sqn_error *err)
{
    char text[SQN__CARD + 1];
    const bool own = sqn_header_text(text, sizeof text, headers->image, keyword);
    sqn_status status = SQN_OK;

    *of_file = !own;
    if (!own && !sqn_header_text(text, sizeof text, headers->primary, keyword)) {
        char names[160] = "";

        list_angle_like(names, sizeof names, headers->image);
        list_angle_like(names, sizeof names, headers->primary);
        status = SQN_RAISE(err, E_ANGLES,
                           "the keyword is neither here nor in the primary header "
                           "(angle-like: %s)",
                           names[0] != '\0' ? names : "none");
        sqn__error_mend(err,
                        "name a keyword that these headers have, or give the angles by "
                        "science.angles.file or values");
    } else if (!sqn__header_card_number(out, text)) {
        status = SQN_RAISE(err, E_FITS_HEADER, "the angle '%.60s' is not a number", text);
    }
    if (status != SQN_OK) {
        sqn__fits_file_at(err, unit->path, &unit->hdu, keyword);
    }
    return status;
}

/* Position angle of +y; where East is to the right it counts the other way round. */
static sqn_status look_wcs(sqn__fits_facts *facts, const sqn__fits_unit *unit,
                           const sqn__fits_headers *headers, const sqn_log *log,
                           sqn_error *err)
{
    const int64_t nx = unit->shape.nx, ny = unit->shape.ny;
    const double middle[2] = {0.5 * (double)(nx + 1), 0.5 * (double)(ny + 1)};
    char where[SQN_ERROR_WHERE_MAX];
    sqn_status status = SQN_OK;
    sqn_wcs *wcs = NULL;

    sqn__fits_file_where(where, sizeof where, unit->path, &unit->hdu);
    SQN_TRY(sqn_wcs_create(&wcs, headers->image, nx, ny, where, log, err));
    if (wcs != NULL) {
        facts->angle[0] = facts->angle[1] = sqn_wcs_position_angle(wcs, middle);
        facts->sense = sqn_wcs_is_left_handed(wcs) ? 1.0 : -1.0;
    }
    if (wcs == NULL || !isfinite(facts->angle[0])) {
        status =
            SQN_RAISE(err, E_ANGLES, "from: wcs, but there is no usable celestial WCS");
        sqn__error_mend(err, "give the angles by science.angles.keyword, file or values");
        sqn__fits_file_at(err, unit->path, &unit->hdu, NULL);
    }

cleanup:
    sqn_wcs_destroy(&wcs);
    return status;
}

sqn_status sqn__fits_angles_look(sqn__fits_facts *facts, const sqn__fits_unit *unit,
                                 const sqn__fits_headers *headers,
                                 const sqn_fits_angles *angles, const sqn_log *log,
                                 sqn_error *err)
{
    bool end_of_file = false;

    if (angles->from_wcs) {
        return look_wcs(facts, unit, headers, log, err);
    }
    facts->sense = angles->clockwise ? -1.0 : 1.0;
    if (angles->keyword == NULL) {
        return SQN_OK;
    }

    const sqn_status status = look_keyword(&facts->angle[0], &facts->angle_of_file, unit,
                                           headers, angles->keyword, err);

    facts->angle[1] = facts->angle[0];
    if (status != SQN_OK || angles->keyword_end == NULL || angles->keyword_end[0] == '\0') {
        return status;
    }
    return look_keyword(&facts->angle[1], &end_of_file, unit, headers, angles->keyword_end,
                        err);
}

/* Planes in time of the HDUs of one file before `index`, and of all of them. */
static void count_times(int64_t *before, int64_t *all, const sqn__fits_units *units,
                        int64_t index)
{
    *before = *all = 0;
    for (int64_t u = 0; u < units->n; u++) {
        if (units->unit[u].file == units->unit[index].file) {
            *before += u < index ? units->unit[u].shape.n_time : 0;
            *all += units->unit[u].shape.n_time;
        }
    }
}

/* Between the beginning and the end, at the middle of each exposure, the short way round. */
static double between(const sqn__fits_facts *facts, int64_t time, int64_t n_time)
{
    const double way = remainder(facts->angle[1] - facts->angle[0], 360.0);

    return facts->angle[0] + way * ((double)time + 0.5) / (double)n_time;
}

static int64_t count_all_times(const sqn__fits_units *units)
{
    int64_t n = 0;

    for (int64_t u = 0; u < units->n; u++) {
        n += units->unit[u].shape.n_time;
    }
    return n;
}

static int64_t count_files(const sqn__fits_units *units)
{
    return units->n > 0 ? units->unit[units->n - 1].file + 1 : 0;
}

static const char *plural(int64_t n)
{
    return n == 1 ? "" : "s";
}

sqn_status sqn__fits_angles_spread(double (*out)[2], const sqn__fits_units *units,
                                   const sqn__fits_facts *facts,
                                   const sqn_fits_angles *angles,
                                   const sqn__fits_values *listed, sqn_error *err)
{
    const bool is_list = sqn__fits_angles_are_listed(angles);
    const int64_t n_all = count_all_times(units), n_file = count_files(units);
    int64_t first = 0, plane = 0;

    if (is_list && listed->n != n_all && listed->n != n_file) {
        return SQN_RAISE(
            err, E_ANGLES,
            "%" PRId64 " angle%s for %" PRId64 " frame%s of %" PRId64 " file%s", listed->n,
            plural(listed->n), n_all, plural(n_all), n_file, plural(n_file));
    }
    for (int64_t u = 0; u < units->n; u++) {
        const sqn__fits_unit *unit = &units->unit[u];
        int64_t before = 0, n_time = unit->shape.n_time;

        if (facts[u].angle_of_file) {
            count_times(&before, &n_time, units, u);
        }
        for (int64_t p = 0; p < unit->n_plane; p++, plane++) {
            const int64_t t = p % unit->shape.n_time;

            out[plane][0] = !is_list             ? between(&facts[u], before + t, n_time)
                            : listed->n == n_all ? listed->value[first + t]
                                                 : listed->value[unit->file];
            out[plane][1] = facts[u].sense * (out[plane][0] + angles->offset);
        }
        first += unit->shape.n_time;
    }
    return SQN_OK;
}
