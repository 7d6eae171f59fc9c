"""An HTTP API of API Gateway (apigatewayv2): declared state → answers.

A request passes: stage → CORS preflight → route → throttle → authoriser → integration → CORS headers → access log.
"""
