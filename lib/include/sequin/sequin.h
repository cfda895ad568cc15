/** @file sequin.h @brief Everything that libsequin offers. */
#ifndef SEQUIN_SEQUIN_H
#define SEQUIN_SEQUIN_H

#include "sequin/center.h"
#include "sequin/combine.h"
#include "sequin/cube.h"
#include "sequin/curve.h"
#include "sequin/error.h"
#include "sequin/exclude.h"
#include "sequin/fits.h"
#include "sequin/header.h"
#include "sequin/log.h"
#include "sequin/matrix.h"
#include "sequin/nmf.h"
#include "sequin/panels.h"
#include "sequin/pixels.h"
#include "sequin/rotate.h"
#include "sequin/rows.h"
#include "sequin/scaling.h"
#include "sequin/smooth.h"
#include "sequin/snr.h"
#include "sequin/spectra.h"
#include "sequin/survey.h"
#include "sequin/target.h"
#include "sequin/threads.h"
#include "sequin/version.h"
#include "sequin/wcs.h"
#include "sequin/weights.h"

#endif
