"""How Strowger is built and installed: the packages one by one, the data beside them, and the media pump in C."""

from setuptools import setup

PACKAGES = [
    "appliance",
    "appliance.demo",
    "appliance.locale",
    "boards",
    "boards.dahdi",
    "engine",
    "engine.acd",
    "engine.calls",
    "engine.control",
    "engine.desk",
    "engine.facts",
    "engine.ivr",
    "engine.ivr.languages",
    "engine.kernel",
    "engine.people",
    "engine.settings",
    "engine.store",
    "engine.telephony",
    "hwsim",
    "ivr_scripts",
    "recorder",
]

setup(
    name="strowger",
    version="0.1.0",
    description="A call centre in a box, for DAHDI telephone boards",
    license="GPL-2.0-or-later",
    python_requires=">=3.11",
    packages=PACKAGES,
    package_dir={"": "."},
    package_data={
        "appliance.demo": ["*.yaml"],
        "appliance.locale": ["*.pot", "*/LC_MESSAGES/*.po", "*/LC_MESSAGES/*.mo"],
        "boards.dahdi": ["native/*.c", "native/*.h"],
    },
    cffi_modules=["boards/dahdi/_build.py:ffibuilder"],
    install_requires=["cffi", "numpy", "peewee", "PyYAML", "Twisted"],
    entry_points={"console_scripts": ["strowger = appliance.cli:main"]},
    zip_safe=False,
)
