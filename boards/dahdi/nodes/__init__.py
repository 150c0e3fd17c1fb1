"""DAHDI's device nodes as Python objects: every call of the driver by name, with its ranges checked and its refusals explained.

    from boards.dahdi.nodes.control import ControlNode
    from boards.dahdi.system import KernelSystem

    with ControlNode.open(KernelSystem()) as control:
        for span in control.spans():
            print(span.spanno, span.name, span.desc)

``control`` is ``/dev/dahdi/ctl``, ``channel`` a channel, ``pseudo`` a channel without a line, ``timer`` the interval timer; ``errors`` has
the exceptions. Together with ``boards.dahdi.abi``, ``structures``, ``system`` and ``holders`` this package imports nothing of the appliance.
"""
