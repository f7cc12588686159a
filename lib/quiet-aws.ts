/** For programs whose output is their own: the AWS SDK says in each process which Node.js its later versions will need. */
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
