"""Refuse names that would break the project, before anything is written."""

from __future__ import annotations

import keyword
import os
import re
import sys

# Modules in the project's environment: a module of the same name would shadow them.
DEPENDENCIES = frozenset(
    """
    adlfs aiobotocore aiohappyeyeballs aiohttp aiohttp_retry aioitertools aiosignal alembic amqp annotated_doc
    annotated_types antlr4 anyio appdirs apprise argcomplete argon2 arrow ast_serialize asttokens async_lru asyncssh
    attr attrs azure babel bcrypt billiard bleach blinker botocore bs4 cachetools celery certifi cffi
    charset_normalizer click click_didyoumean click_plugins click_repl cloudpickle colorama colorlog comm configobj
    contourpy cryptography cycler databricks dateutil debugpy decorator defusedxml dictdiffer diskcache distro docker
    dotenv dpath dulwich dvc dvc_azure dvc_data dvc_gs dvc_http dvc_objects dvc_render dvc_s3 dvc_ssh dvc_studio_client
    dvc_task dvc_webdav entrypoints executing fastapi fastjsonschema filelock flask flask_cors flatten_dict flufl fqdn
    frozenlist fsspec functorch funcy gcsfs git gitdb google google_auth_oauthlib google_crc32c grandalf graphene
    graphql graphql_relay grpc grpc_status gto gunicorn h11 httpcore httptools httpx huey hydra idna importlib_metadata
    iniconfig ipykernel ipykernel_launcher ipython_pygments_lexers isodate isoduration isympy iterative_telemetry
    itsdangerous jedi jinja2 jmespath joblib json5 jsonpointer jsonschema jsonschema_specifications jupyter
    jupyter_builder jupyter_client jupyter_core jupyter_events jupyter_lsp jupyter_server jupyter_server_terminals
    jupyterlab jupyterlab_pygments jupyterlab_server jwt kiwisolver knack kombu lark librt mako markdown markdown_it
    markupsafe matplotlib matplotlib_inline mdurl mistune mlflow mpl_toolkits mpmath msal msal_extensions multidict
    mypy mypy_extensions mypyc narwhals nbclient nbconvert nbformat nest_asyncio2 networkx notebook_shim numpy oauthlib
    omegaconf opentelemetry optuna orjson overrides packaging pandas pandera pandocfilters parso pathspec pexpect pip
    platformdirs pluggy pooch prettytable probado prometheus_client prompt_toolkit propcache proto psutil ptyprocess
    public pure_eval py pyarrow pyasn1 pyasn1_modules pycparser pydantic pydantic_core pydantic_settings pydevd_plugins
    pydot pygit2 pygments pygtrie pylab pyparsing pytest python_calamine pythonjsonlogger referencing requests
    requests_oauthlib rfc3339_validator rfc3986_validator rfc3987_syntax rich rpds ruamel ruff s3fs safetensors scipy
    scmrepo semver send2trash setuptools shortuuid shtab six sklearn skops skorch smmap soupsieve sqlalchemy sqlparse
    sqltrie sshfs stack_data starlette sympy tabulate terminado threadpoolctl tinycss2 tomlkit torch torchgen tornado
    tqdm traitlets typeguard typing_extensions typing_inspect typing_inspection tzdata tzlocal uri_template urllib3 uv
    uvicorn uvloop validate vine voluptuous wcwidth webcolors webdav4 webencodings websocket werkzeug wrapt xgboost
    yaml yarl zc zipp zmq
    """.split()
)
# Folders of a project, beside which its module lies.
FOLDERS = frozenset(
    """
    benchmarks build configs data dist docs env layers models mlops mlruns notebooks references reports requirements
    tests venv
    """.split()
)
# Names of devices, which no file on Windows can have.
DEVICES = frozenset(
    """
    aux com0 com1 com2 com3 com4 com5 com6 com7 com8 com9 con lpt0 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 lpt9 nul prn
    """.split()
)
LONGEST = 40
# The first cookiecutter that finds templates/, which files of the core include. It is also the first that takes the
# texts of its questions out of the answers. Asking for its version would cost a tenth of the whole bake.
OLDEST, QUESTIONS = "2.2", "__prompts__"
EXAMPLE = "a valid name is student_forecast"


def refusal(name: str) -> str | None:
    """The reason why a module cannot have this name; None if it can."""
    if not name:
        return "the module name is empty"
    if len(name) > LONGEST:
        return f"the module name has {len(name)} characters, {LONGEST} at most"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        return f"the module name {name!r} must start with a letter a-z and hold only a-z, 0-9 and _"
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        return f"the module name {name!r} is a Python keyword"
    # sys.stdlib_module_names does not list Python's own package test.
    if name in sys.stdlib_module_names | {"test"}:
        return f"the module name {name!r} is that of a module of Python's standard library"
    if name in DEPENDENCIES:
        return f"the module name {name!r} is that of a package that the project uses"
    if name in DEVICES:
        return f"the module name {name!r} is that of a device on Windows"
    if name in FOLDERS:
        return f"the module name {name!r} is that of a folder of the project"
    return None


def main(context: dict[str, str]) -> int:
    """Check the answers; returns the exit status."""
    email = context["author_email"]
    reason = refusal(context["module_name"])
    if QUESTIONS in context:
        from importlib import metadata

        found = metadata.version("cookiecutter")
        reason = f"cookiecutter {OLDEST} or newer is needed, found {found}: pip install --upgrade cookiecutter"
        print(reason, file=sys.stderr)
    elif reason:
        print(f"{reason}; {EXAMPLE}", file=sys.stderr)
    # The project's metadata allow only such an address: with another one, the installation fails.
    elif email and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
        reason = f"author_email {email!r} is not an e-mail address; a valid one is ana@example.org, or none"
        print(reason, file=sys.stderr)
    elif os.listdir():
        # Cookiecutter's -f and -s replace files, and remove folders that are copied as they are.
        reason = f"{os.getcwd()} exists and is not empty: a project is made in a new folder; probado adopt lays it"
        reason += " beside what is in an existing one"
        print(reason, file=sys.stderr)
    return 1 if reason else 0


CONTEXT = r"""{{ cookiecutter | jsonify }}"""

if __name__ == "__main__":
    import json

    sys.exit(main(json.loads(CONTEXT)))
