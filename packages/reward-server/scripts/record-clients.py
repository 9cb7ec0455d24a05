"""Runs the clients of other projects, from checkouts of their sources, against a reward server, and prints as JSON what they sent,
byte for byte, and what they made of the answers. Their models, tokenizers and clusters are stood in for; the code that makes and
sends requests is theirs. Started by record-clients.ts. Needs aiohttp, requests, websockets, orjson, pydantic, tenacity, openai,
fastapi and omegaconf.

    python record-clients.py http://127.0.0.1:5000 <folder with openrlhf, slime, verl, sandbox-fusion, nemo-gym, openenv>
"""

import asyncio
import importlib
import importlib.util
import json
import pathlib
import socket
import sys
import threading
import types
import urllib.parse

SERVER, CLIENTS = urllib.parse.urlparse(sys.argv[1]), pathlib.Path(sys.argv[2])
PROMPT = "<|im_start|>user\nWhat is 6*7?<|im_end|>\n<|im_start|>assistant\n"
RIGHT = "<think>6·7 = 42</think><answer>42</answer>"
WRONG = "<think>six and seven</think><answer>41</answer>"


class Wire:
    """Stands between client and server and keeps what the client sends."""

    def __init__(self, to=(SERVER.hostname, SERVER.port)):
        self.to, self.connections = to, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(self.to)
            sent = bytearray()
            self.connections.append(sent)
            threading.Thread(target=pump, args=(client, server, sent), daemon=True).start()
            threading.Thread(target=pump, args=(server, client, None), daemon=True).start()

    def requests(self):
        """The requests of all connections, parsed as far as a test needs; bodies as they were."""
        found = []
        for sent in self.connections:
            rest = bytes(sent)
            while b"\r\n\r\n" in rest:
                head, rest = rest.split(b"\r\n\r\n", 1)
                start, *lines = head.decode("latin-1").split("\r\n")
                method, path, _ = start.split(" ")
                headers = dict(line.split(": ", 1) for line in lines)
                lower = {name.lower(): value for name, value in headers.items()}
                assert "transfer-encoding" not in lower, "chunked requests are not recorded"
                length = int(lower.get("content-length", 0))
                body, rest = rest[:length].decode(), rest[length:]
                keep = {name: value for name, value in headers.items() if name.lower() not in ("host", "cookie")}
                found.append({"method": method, "path": path, "headers": keep, "body": body})
        return found


def pump(source, target, keep):
    try:
        while data := source.recv(65536):
            if keep is not None:
                keep += data
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class Stub(types.ModuleType):
    """A module that is not needed and not installed: every name in it is a class that does nothing."""

    __path__ = []
    __version__ = "0"

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {"__init__": lambda self, *a, **k: None, "__class_getitem__": classmethod(lambda c, _: c)})


def load(name, folder, entry):
    """Imports a module of a checkout; what it lacks is stubbed."""
    sys.path.insert(0, str(CLIENTS / folder))
    while True:
        try:
            return importlib.import_module(entry)
        except ModuleNotFoundError as error:
            if error.name in sys.modules:
                raise
            sys.modules[error.name] = Stub(error.name)
            for known in [known for known in sys.modules if known.split(".")[0] in (name, entry.split(".")[0])]:
                if not isinstance(sys.modules[known], Stub):
                    del sys.modules[known]


def package(name, folder):
    """A package whose __init__ is not run, so that its parts can be imported alone."""
    module = types.ModuleType(name)
    module.__path__ = [str(CLIENTS / folder)]
    sys.modules[name] = module


def open_rlhf(wire):
    package("openrlhf", "openrlhf/openrlhf")
    package("openrlhf.utils", "openrlhf/openrlhf/utils")
    sys.modules["openrlhf.utils.logging_utils"] = logging = types.ModuleType("logging_utils")
    logging.init_logger = importlib.import_module("logging").getLogger
    executor = importlib.import_module("openrlhf.utils.agent").SingleTurnAgentExecutor([f"{wire.url}/get_reward"])

    class Ids(list):
        tolist = list.copy

    class Tokenizer:
        def __call__(self, text, **_):
            return {"input_ids": [Ids(map(ord, text))]}

        def decode(self, ids, skip_special_tokens):
            return "".join(map(chr, ids))

    class Engine:
        def __init__(self, text):
            self.text = text

        async def generate(self, *_, **__):
            output = types.SimpleNamespace(token_ids=list(map(ord, self.text)), finish_reason="stop", logprobs=None)
            return types.SimpleNamespace(outputs=[output])

    async def run():
        sampling = types.SimpleNamespace(max_tokens=512, logprobs=None)
        made = []
        for text, label in [(RIGHT, "42"), (WRONG, "42")]:
            output = await executor.execute(PROMPT, label, sampling, 4096, Tokenizer(), Engine(f"{text}<|im_end|>"))
            made.append({key: output[key] for key in ("reward", "scores", "extra_logs")})
        return made

    return asyncio.run(run())


def slime(wire):
    for name, members in {
        "slime.utils.misc": ["load_function"],
        "slime.utils.types": ["Sample"],
        **{f"slime.rollout.rm_hub.{part}": [] for part in ("deepscaler", "f1", "gpqa", "math_dapo_utils", "math_utils")},
    }.items():
        sys.modules[name] = Stub(name)
    for name in ("slime", "slime.utils", "slime.rollout"):
        package(name, name.replace(".", "/").replace("slime", "slime/slime", 1))
    hub = importlib.import_module("slime.rollout.rm_hub")

    async def run():
        made = []
        for url, prompt, response, label in [
            (f"{wire.url}/slime", PROMPT, RIGHT, "42"),
            (f"{wire.url}/slime", [{"role": "user", "content": "What is 6*7?"}], WRONG, "42"),
            (f"{wire.url}/slime?format=object", PROMPT, RIGHT, "42"),
        ]:
            args = types.SimpleNamespace(rm_url=url, rm_type="remote_rm", custom_rm_path=None)
            sample = types.SimpleNamespace(prompt=prompt, response=response, label=label, metadata={}, custom_rm_path=None)
            made.append(await hub.async_rm(args, sample))
        await hub._get_shared_session().close()
        return made

    return asyncio.run(run())


def verl(wire):
    spec = importlib.util.spec_from_file_location(
        "sandbox_client", CLIENTS / "verl/verl/utils/reward_score/sandbox_fusion/__init__.py"
    )
    client = importlib.util.module_from_spec(spec)
    sys.modules["sandbox_client"] = client
    spec.loader.exec_module(client)
    url, one = f"{wire.url}/run_code", threading.Semaphore(1)
    adds = "```python\na, b = map(int, input().split())\nprint(a + b)\n```"
    cases = {"inputs": ["1 2\n", "40 2\n"], "outputs": ["3\n", "42\n"]}
    made = []
    for completion, tests in [
        (adds, cases),
        (adds.replace("+", "-"), cases),
        ("```python\nprint(\n```", {"inputs": [""], "outputs": ["1"]}),
        ("```python\ndef double(x):\n    return 2 * x\n```", {"assert_case": ["assert double(2) == 4", "assert double(2) == 5"]}),
        ("```python\nwhile True: pass\n```", {"inputs": [""], "outputs": ["1"]}),
    ]:
        score, metadata = client.compute_score(url, one, 1024, completion, json.dumps(tests), timeout=2)
        made.append({"score": score, "statuses": [entry["status"] for entry in metadata]})
    return made


def sandbox_fusion(wire):
    sys.path.insert(0, str(CLIENTS / "sandbox-fusion/scripts/client/src"))
    sdk = importlib.import_module("sandbox_fusion")
    made = []
    for request in [
        sdk.RunCodeRequest(code="print(6*7)", language="python"),
        sdk.RunCodeRequest(code="console.log(6*7)", language="nodejs", stdin="", run_timeout=5),
        sdk.RunCodeRequest(code="raise SystemExit(2)", language="python"),
    ]:
        result = sdk.run_code(request, endpoint=wire.url, max_attempts=1)
        run = result.run_result
        mapping = sdk.SummaryMapping(Success="Success", Failed="Failed")
        made.append({"status": result.status.value, "stdout": run.stdout, "summary": sdk.summary_run_code_result(result, mapping)})
    return made


def nemo_gym(wire):
    configuration = importlib.import_module("omegaconf").OmegaConf
    register = configuration.register_new_resolver
    # Its modules are imported once for each that is lacking.
    configuration.register_new_resolver = lambda *names, **options: register(*names, **options | {"replace": True})
    agent = load("nemo_gym", "nemo-gym", "responses_api_agents.simple_agent.app")
    server = importlib.import_module("nemo_gym.server_utils")
    model = Wire(model_server())
    place = lambda port: {"kind": {"server": {"host": "127.0.0.1", "port": port}}}
    names = {"resources": place(wire.port), "agent": place(model.port)}
    client = server.ServerClient.model_construct(
        head_server_config=None, global_config_dict=configuration.create(names)
    )
    # The cluster's configuration is not there; the session is the one that it would make.
    server.get_nemo_gym_fastapi_num_workers = lambda: 1
    config = types.SimpleNamespace(
        name="agent", resources_server=types.SimpleNamespace(name="resources"), skip_verification=False
    )
    simple = agent.SimpleAgent.model_construct(config=config, server_client=client)
    for method in ("_capture_correlation_enabled", "_token_id_capture_enabled"):
        setattr(agent.SimpleAgent, method, lambda self: False)

    async def run():
        server.set_global_aiohttp_client(server.GlobalAIOHTTPAsyncClientConfig())
        body = agent.SimpleAgentRunRequest.model_validate(
            {
                "responses_create_params": {"input": [{"role": "user", "content": "What is 6*7?"}]},
                "expected_answer": "42",
                "agent_ref": {"type": "responses_api_agents", "name": "agent"},
            }
        )
        verified = await simple.run(types.SimpleNamespace(cookies={}), body)
        again = {"verify_responses": [{"_ng_task_index": 0, "_ng_rollout_index": index, "reward": reward} for index, reward in enumerate([1.5, 0.5])]}
        metrics = await simple.aggregate_metrics(agent.AggregateMetricsRequest.model_validate(again))
        return {"reward": verified.reward, "reward_components": verified.reward_components, "metrics": metrics.model_dump()}

    return asyncio.run(run())


def model_server():
    """Answers /v1/responses as a served reasoning model does."""
    import http.server

    response = {
        "id": "resp_1", "created_at": 1763000000.0, "model": "policy", "object": "response", "parallel_tool_calls": True,
        "tool_choice": "auto", "tools": [],
        "output": [
            {"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "6·7 = 42"}]},
            {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
             "content": [{"type": "output_text", "text": "<answer>42</answer>", "annotations": []}]},
        ],
    }

    class Model(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            text = json.dumps(response).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass

    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    return listening.server_address


def open_env(wire):
    package("openenv", "openenv/src/openenv")
    package("openenv.core", "openenv/src/openenv/core")
    client_class = load("openenv_client", "openenv/src", "openenv.core.generic_client").GenericEnvClient
    messages = []

    class Kept:
        """The client's socket; texts are kept as they go out."""

        def __init__(self, inner):
            self.inner = inner

        async def send(self, text):
            messages.append(text)
            await self.inner.send(text)

        def __getattr__(self, name):
            return getattr(self.inner, name)

    async def run():
        client = client_class(base_url=wire.url)
        await client.connect()
        client._ws = Kept(client._ws)
        made = []
        result = await client.reset(seed=7, episode_id="episode-1", prompt="What is 6*7?", answer="42")
        made.append([result.observation["prompt"], result.reward, result.done])
        result = await client.step({"completion": RIGHT})
        made.append([result.observation["prompt"], result.reward, result.done])
        made.append(await client.state())
        await client.reset(prompt="What is 6*7?", answer="42")
        made.append((await client.step({"completion": WRONG, "metadata": {}})).reward)
        try:
            await client.step({"text": "no completion"})
        except RuntimeError as error:
            made.append(str(error))
        await client.close()
        return made

    made = asyncio.run(run())
    return {"messages": messages, "made": made}


recorded = {}
for name, folder, source, record in [
    ("OpenRLHF", "openrlhf", "openrlhf/utils/agent.py", open_rlhf),
    ("slime", "slime", "slime/rollout/rm_hub/__init__.py", slime),
    ("verl", "verl", "verl/utils/reward_score/sandbox_fusion/utils.py", verl),
    ("SandboxFusion", "sandbox-fusion", "scripts/client/src/sandbox_fusion/client.py", sandbox_fusion),
    ("NeMo Gym", "nemo-gym", "responses_api_agents/simple_agent/app.py", nemo_gym),
    ("OpenEnv", "openenv", "src/openenv/core/generic_client.py", open_env),
]:
    wire = Wire()
    made = record(wire)
    commit = (CLIENTS / folder / ".commit").read_text().strip()
    recorded[name] = {"source": source, "commit": commit, "requests": wire.requests(), "made": made}
    if isinstance(made, dict) and "messages" in made:
        recorded[name] |= made
print(json.dumps(recorded, ensure_ascii=False))
