"""Reading bodies in processes of their own, which can be ended: what a body does there costs that body only."""
