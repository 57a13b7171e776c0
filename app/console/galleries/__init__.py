"""Pages about online galleries: pictures, publishing, clients' logins, web orders and price lists."""
