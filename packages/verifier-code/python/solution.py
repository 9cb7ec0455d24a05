# The solution's side: `load` runs what a model wrote as a module, `serve` calls its functions on data, `program` runs it whole on
# standard input. Nothing here knows an expected value; whatever a solution breaks here, it breaks for itself.
import json
import sys
import types

from thinkwright_channels import REQUEST, describe, flush, read_all, read_request, write_result
from thinkwright_values import Unsendable, decode, encode

SOLUTION = types.ModuleType('solution')
sys.modules['solution'] = SOLUTION


def run_source(scope):
    """Runs prelude and source in one scope. The prelude is apart, so that a `from __future__` stays the first of its source."""
    request = read_request()
    try:
        # A mistake in the source is found before the prelude runs.
        code = compile(request['source'], '<solution>', 'exec')
    except BaseException as error:
        return {'syntax': describe(error)}
    try:
        if request['prelude']:
            exec(compile(request['prelude'], '<prelude>', 'exec'), scope)
        exec(code, scope)
        return {'ok': None}
    except SystemExit as end:
        quiet = scope['__name__'] == '__main__' and end.code in (None, 0)
        return {'ok': None} if quiet else {'error': ['SystemExit', describe(end)[1]]}
    except BaseException as error:
        return {'error': describe(error)}


def load():
    result = run_source(SOLUTION.__dict__)
    flush()
    write_result(result)


def program():
    main = types.ModuleType('__main__')
    sys.modules['__main__'] = main
    sys.argv = ['main.py']
    result = run_source(main.__dict__)
    flush()
    write_result(result)


def find(path):
    name, _, method = path.partition('.')
    scope = SOLUTION.__dict__
    if name not in scope:
        raise NameError(f"name '{name}' is not defined")
    return getattr(scope[name](), method) if method else scope[name]


def serve():
    request = read_request()
    try:
        items = [decode(item) for item in request['a']]
        named = {key: decode(item) for key, item in request.get('k', {}).items()}
        value = find(request['f'])(*items, **named)
        if type(value) is types.CoroutineType:
            import asyncio
            value = asyncio.run(value)
        answer = {'ok': encode(value)}
        try:
            after = [encode(item) for item in items]
            # As text, because 1 equals True.
            if json.dumps(after) != json.dumps(request['a']):
                answer['args'] = after
        except Unsendable:
            pass
    except BaseException as error:
        answer = {'error': describe(error)}
    flush()
    write_result(answer)
