/** @file wcs_sip.c @brief The SIP polynomials, applied, moved and turned (Shupe et al. 2005). */
#include <math.h>

#include "wcs_parts.h"

enum { N = SQN__WCS_ORDER + 1 };

static double evaluate(const sqn__wcs_polynomial *p, double u, double v)
{
    double sum = 0.0;

    for (int i = N - 1; i >= 0; i--) { /* Horner in u of Horner in v */
        double inner = 0.0;

        for (int j = N - 1 - i; j >= 0; j--) {
            inner = inner * v + p->term[i][j];
        }
        sum = sum * u + inner;
    }
    return sum;
}

void sqn__wcs_sip_apply(double out[2], const sqn__wcs_parts *parts, const double offset[2])
{
    const double u = offset[0], v = offset[1];

    out[0] = u + (parts->order > 0 ? evaluate(&parts->sip[0], u, v) : 0.0);
    out[1] = v + (parts->order > 0 ? evaluate(&parts->sip[1], u, v) : 0.0);
}

/* p (a + b s + c t); what exceeds the highest order is 0 by construction. */
static void multiply(sqn__wcs_polynomial *p, double a, double b, double c)
{
    for (int i = N - 1; i >= 0; i--) {
        for (int j = N - 1 - i; j >= 0; j--) {
            p->term[i][j] = a * p->term[i][j] + (i > 0 ? b * p->term[i - 1][j] : 0.0) +
                            (j > 0 ? c * p->term[i][j - 1] : 0.0);
        }
    }
}

/* p(shift + turn^T w) as a polynomial of w, by Horner's scheme. */
static void substitute(sqn__wcs_polynomial *out, const sqn__wcs_polynomial *p,
                       const double shift[2], const double turn[2][2])
{
    *out = (sqn__wcs_polynomial){0};
    for (int i = N - 1; i >= 0; i--) {
        sqn__wcs_polynomial inner = {0};

        for (int j = N - 1 - i; j >= 0; j--) {
            multiply(&inner, shift[1], turn[0][1], turn[1][1]);
            inner.term[0][0] += p->term[i][j];
        }
        multiply(out, shift[0], turn[0][0], turn[1][0]);
        for (int s = 0; s < N; s++) {
            for (int t = 0; s + t < N; t++) {
                out->term[s][t] += inner.term[s][t];
            }
        }
    }
}

bool sqn__wcs_sip_turn(sqn__wcs_polynomial out[2], double linear[2][2],
                       const sqn__wcs_parts *in, const double shift[2],
                       const double turn[2][2])
{
    sqn__wcs_polynomial moved[2] = {{{{0}}}, {{{0}}}};
    double det = 0.0;

    for (int i = 0; i < 2; i++) {
        if (in->order > 0) {
            substitute(&moved[i], &in->sip[i], shift, turn);
        }
        linear[i][0] = turn[0][i] + moved[i].term[1][0];
        linear[i][1] = turn[1][i] + moved[i].term[0][1];
    }
    det = linear[0][0] * linear[1][1] - linear[0][1] * linear[1][0];
    if (!(fabs(det) > 1e-6)) {
        return false;
    }
    for (int i = 0; i < N; i++) {
        for (int j = 0; i + j < N; j++) {
            const double a = i + j >= 2 ? moved[0].term[i][j] : 0.0;
            const double b = i + j >= 2 ? moved[1].term[i][j] : 0.0;

            out[0].term[i][j] = (linear[1][1] * a - linear[0][1] * b) / det;
            out[1].term[i][j] = (linear[0][0] * b - linear[1][0] * a) / det;
        }
    }
    return true;
}
