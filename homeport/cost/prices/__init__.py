"""The price book: what AWS and Heroku ask for each thing, with where and when it was read.

`book.py` is the book and how it is looked up. It is made in one of three ways: `facts.py` transcribes `facts.yml`, the
researched prices with their sources, into the shipped `book.json`; `bulk.py` reads AWS's public price list files;
`api.py` asks AWS's Pricing API. What is refreshed is laid over what ships, price by price, each with its own date.
No code holds a price.
"""
