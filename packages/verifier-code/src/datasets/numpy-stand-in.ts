// HumanEval+ and MBPP+ compare floats with a few functions of numpy, which the sandbox does not have. Their tests get this
// stand-in, on the tests' side only: nested lists instead of arrays, numpy's defaults for the tolerances.

/** Python text for the `setup` of tests. */
export const NUMPY_STAND_IN = `
import sys as _sys, types as _types, math as _math

class _ndarray:
    pass

def _close(a, b, rtol, atol, equal_nan):
    if isinstance(a, (list, tuple)) or isinstance(b, (list, tuple)):
        a = list(a) if isinstance(a, (list, tuple)) else [a] * len(b)
        b = list(b) if isinstance(b, (list, tuple)) else [b] * len(a)
        return len(a) == len(b) and all(_close(x, y, rtol, atol, equal_nan) for x, y in zip(a, b))
    if isinstance(a, complex) or isinstance(b, complex):
        return a == b or abs(a - b) <= atol + rtol * abs(b)
    a, b = float(a), float(b)
    if _math.isnan(a) or _math.isnan(b):
        return equal_nan and _math.isnan(a) and _math.isnan(b)
    if _math.isinf(a) or _math.isinf(b):
        return a == b
    return abs(a - b) <= atol + rtol * abs(b)

def _allclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    return _close(a, b, rtol, atol, equal_nan)

def _assert_allclose(actual, desired, rtol=1e-07, atol=0, equal_nan=True, err_msg='', verbose=True):
    if not _close(actual, desired, rtol, atol, equal_nan):
        raise AssertionError(f'not close to {desired!r}')

_numpy = _types.ModuleType('numpy')
_numpy.ndarray = _ndarray
_numpy.float64 = _numpy.float32 = float
_numpy.inf, _numpy.nan = _math.inf, _math.nan
_numpy.allclose = _numpy.isclose = _allclose
_numpy.testing = _types.ModuleType('numpy.testing')
_numpy.testing.assert_allclose = _assert_allclose
_sys.modules['numpy'], _sys.modules['numpy.testing'] = _numpy, _numpy.testing
`;

/** The stand-in where a test text imports numpy, else nothing. */
export function numpyFor(tests: string): string {
  return /^\s*(?:import|from)\s+numpy\b/m.test(tests) ? NUMPY_STAND_IN : '';
}
