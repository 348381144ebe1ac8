"""No code runs what it reads, no shell, no HTTP but AWS's and the webhook: read from the source."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path for folder in ("src", "flows", "models") for path in (ROOT / folder).rglob("*.py")
)
RUNS_WHAT_IT_READS = {
    "pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve",
    "jsonpickle",
}  # fmt: skip
SPEAKS = {
    "urllib3", "urllib.request", "http.client", "httpx", "requests", "aiohttp", "socket", "ftplib",
    "smtplib", "telnetlib", "xmlrpc", "paramiko", "websockets",
}  # fmt: skip
MAY_SPEAK = {
    "src/foresail/publish/webhook.py": {"urllib3", "urllib.request"},  # the configured address
    "src/foresail/publish/emf.py": {"socket"},  # this machine's name
    "src/foresail/operations/leasing.py": {"socket"},  # this machine's name
    "src/foresail/demo/sandbox.py": {"socket"},  # whether a port on loopback is free
    "flows/told.py": {"httpx"},  # the Prefect server that is configured
    "flows/serve.py": {"httpx", "socket"},  # the Prefect server on loopback
}
FORBIDDEN_CALLS = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "yaml.unsafe_load",
    "yaml.full_load", "yaml.load_all", "yaml.unsafe_load_all", "pd.read_pickle", "tempfile.mktemp",
    "pandas.read_pickle", "subprocess.getoutput", "subprocess.getstatusoutput", "torch.load",
}  # fmt: skip


def called(node):
    """Dotted name of what a call calls."""
    parts, at = [], node.func
    while isinstance(at, ast.Attribute):
        parts.append(at.attr)
        at = at.value
    parts.append(at.id if isinstance(at, ast.Name) else "?")
    return ".".join(reversed(parts))


def keyword(node, name):
    found = next((one.value for one in node.keywords if one.arg == name), None)
    return getattr(found, "value", getattr(found, "id", None))


def imported(node):
    if isinstance(node, ast.Import):
        return [one.name for one in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
    return []


def within(name, modules):
    return next((one for one in modules if name == one or name.startswith(f"{one}.")), None)


def findings(text, path=""):
    """What must not stand in a module."""
    found = []
    for node in ast.walk(ast.parse(text)):
        for name in imported(node):
            if within(name, RUNS_WHAT_IT_READS):
                found.append(f"imports {name}")
            spoken = within(name, SPEAKS)
            if spoken and spoken not in MAY_SPEAK.get(path, ()):
                found.append(f"imports {name}")
        if isinstance(node, ast.Call):
            found += _call(node, called(node))
    return sorted(set(found))


def _call(node, name):
    if name in FORBIDDEN_CALLS or name.split(".")[-1] in ("read_pickle", "to_pickle"):
        yield f"calls {name}"
    if keyword(node, "shell") or (name.startswith("asyncio.") and "_shell" in name):
        yield f"calls {name} with a shell"
    if name == "yaml.load" and keyword(node, "Loader") not in ("_Loader", "SafeLoader"):
        yield "calls yaml.load without a safe loader"
    if name in ("np.load", "numpy.load") and keyword(node, "allow_pickle") is not False:
        yield "calls np.load without allow_pickle=False"
    if any(
        one.arg == "verify" and getattr(one.value, "value", 1) is False for one in node.keywords
    ):
        yield f"calls {name} with verify=False"


def test_nothing_forbidden_stands_in_the_source():
    read = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in FILES}
    found = {path: findings(text, path) for path, text in read.items()}
    assert {path: said for path, said in found.items() if said} == {}


def test_all_of_the_source_is_read():
    assert len(FILES) > 300


def test_the_loader_of_yaml_is_a_safe_one():
    import yaml

    from foresail.yamls import _Loader, parse_yaml

    assert issubclass(_Loader, yaml.SafeLoader)
    for bad in ("!!python/object/apply:os.system [id]", "!!python/name:os.system"):
        with pytest.raises(Exception, match="malformed YAML"):
            parse_yaml(bad, "f.yaml")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("import pickle", "imports pickle"),
        ("from joblib import load", "imports joblib"),
        ("from sklearn.externals import x\nimport urllib.request", "imports urllib.request"),
        ("from http.client import HTTPSConnection", "imports http.client"),
        ("import httpx", "imports httpx"),
        ("import yaml\nyaml.load(text)", "without a safe loader"),
        ("import yaml\nyaml.load(text, Loader=yaml.Loader)", "without a safe loader"),
        ("import yaml\nyaml.unsafe_load(text)", "calls yaml.unsafe_load"),
        ("eval(text)", "calls eval"),
        ("exec(text)", "calls exec"),
        ("os.system(text)", "calls os.system"),
        ("subprocess.run(text, shell=True)", "with a shell"),
        ("np.load(file)", "without allow_pickle=False"),
        ("np.load(file, allow_pickle=True)", "without allow_pickle=False"),
        ("frame.to_pickle(path)", "calls frame.to_pickle"),
        ("client('s3', verify=False)", "verify=False"),
    ],
)
def test_each_rule_finds_what_it_forbids(text, says):
    assert any(says in one for one in findings(text))


def test_what_is_fine_is_not_found():
    fine = ["yaml.load(t, Loader=_Loader)", "subprocess.run(['a'])", "re.compile('x')"]
    assert findings("\n".join(fine)) == []
