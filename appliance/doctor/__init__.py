"""The doctor: looks at driver, boards and machine, and says line by line what is right, what is wrong, and how to mend it.

``looking`` and ``driver_looking`` gather ``Evidence`` from the kernel (the thin shell); ``driver_checks`` and ``machine_checks`` judge it (pure); ``findings``
are what comes out. ``command`` is ``strowger doctor``; ``inside`` answers for a running appliance.
"""
