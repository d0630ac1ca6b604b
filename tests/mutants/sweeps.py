"""Mistakes in sweeps: (file, old, new, why)."""

SWEEPS, APPENDIX = "sgdsde_helpers/sweeps.py", "chapters/appendix_sweeps.ipynb"
PRECISION, REPORT, OF_PRECISION = "benchmarks/precision.py", "benchmarks/precision_report.py", "tests/test_precision.py"

# fmt: off
MUTANTS = [
    (SWEEPS, "np.random.SeedSequence(seed, spawn_key=words)", "np.random.SeedSequence(seed)", "a seed that is reused across settings"),
    (SWEEPS, "np.random.SeedSequence(seed, spawn_key=words)", "np.random.SeedSequence(0, spawn_key=words)", "the sweep's seed counts"),
    (SWEEPS, "(setting, _seed_of(setting, seed)) for place, setting", "(setting, _seed_of({\"place\": place}, seed)) for place, setting", "seeds by place depend on order and company"),
    (SWEEPS, "for place, job in jobs.items() if place not in found}", "for place, job in jobs.items()}", "a resumed sweep that repeats one"),
    (SWEEPS, "_digest([name, setting, seed])", "_digest([name, setting])", "stored under another seed, and then done again and again"),
    (SWEEPS, "_digest([name, setting, seed])", "_digest([setting, seed])", "the value of another function"),
    (SWEEPS, "if said[\"setting\"] != _plain(setting) or said[\"seed\"] != str(seed):", "if False:", "a file about something else is not believed"),
    (SWEEPS, "except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):", "except OSError:", "a broken file is done again"),
    (SWEEPS, "if files and outcome.error is None:", "if files:", "a failure is not a value"),
    (SWEEPS, "        except RuntimeError as error:  # a pool", "        except KeyError as error:  # a pool", "a broken pool refuses what is submitted"),
    (SWEEPS, "                outcome = _lost(*jobs[place], error)", "                raise error", "a killed worker does not end the sweep"),
    (SWEEPS, "            future.cancel()", "            pass", "an interruption does not wait for the whole sweep"),
    (SWEEPS, "        value, error = None, _words(raised)", "        raise", "not every exception can be sent between processes"),
    (SWEEPS, "return Sweep(tuple(found[place] for place in jobs))", "return Sweep(tuple(found.values()))", "the order of the settings, not of arrival"),
    (SWEEPS, "if key in seen:", "if False:", "one random experiment counted twice"),
    (SWEEPS, "and value == int(value) else value", "and False else value", "1 and 1.0 are one setting"),
    (SWEEPS, "    os.replace(file.name, path)", "    Path(path).write_bytes(Path(file.name).read_bytes())\n    os.replace(file.name, path)", "a file is there whole or not at all"),
    (SWEEPS, "initial=len(found)", "initial=0", "the bar begins with what is stored"),
    (SWEEPS, "if self.failed:", "if False:", "no one uses the values of a failed sweep unknowing"),
    (SWEEPS, "    call = time_ns()\n", "    call = 0\n", "Dask takes two calls with the same words for one"),
    (SWEEPS, 'if "<" in name:', 'if False:', "a lambda has no name to store under"),
    (APPENDIX, "return spread / (eta + other - eta * other)", "return spread / (eta + other)", "the sum over the past"),
    (APPENDIX, "own = sweep(finals, grid(eta=[0.4, 0.8]), seed=3).values", "own = shared", "two settings with one seed"),
    (PRECISION, "+ 2 * _MIXED * x +", "+ _MIXED * x +", "the square of h x + r", OF_PRECISION),
    (PRECISION, "return 2 * fine - coarse", "return fine", "a reference without its limit", OF_PRECISION),
    (PRECISION, "drift(x) - slope(x) / 2)", "drift(x) + slope(x) / 2)", "Stratonovich's drift from Ito's", OF_PRECISION),
    (REPORT, "wanted**2 - bias(scheme, one[k], k, n) ** 2", "wanted**2", "bias and chance share the error", OF_PRECISION),
    (REPORT, 'b * (n / steps) ** scheme["order"]', "b * (n / steps)", "a bias falls with the scheme's order", OF_PRECISION),
]
