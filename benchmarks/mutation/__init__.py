"""Mutation testing of the readers and of the kernels: does a test fail where the code is wrong?"""
