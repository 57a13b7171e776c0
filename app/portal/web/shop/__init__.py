"""Ordering in a gallery: products, the cart, the checkout, orders, and a card that pays one."""
