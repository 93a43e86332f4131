"""What ComfyUI reports, sorted into failure classes."""

import json

import pytest

from greenroom.domain.failure import FailureClass
from greenroom.engine.comfyui import failures
from greenroom.engine.comfyui.http import Refused

MEMORY = [
    ("torch.OutOfMemoryError", "Allocation on device 0 would exceed allowed memory."),
    ("torch.cuda.OutOfMemoryError", "CUDA out of memory. Tried to allocate 2.00 GiB."),
    ("torch.AcceleratorError", "CUDA error: out of memory"),
    ("RuntimeError", "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    ("RuntimeError", "MPS backend out of memory (MPS allocated: 18.1 GB)"),
    ("RuntimeError", "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to"),
    ("RuntimeError", "Could not allocate tensor: there is not enough GPU video memory available!"),
    ("RuntimeError", "HIP error: hipErrorOutOfMemory"),
    ("MemoryError", ""),
]  # fmt: skip
FAULTS = [
    ("torch.AcceleratorError", "CUDA error: an illegal memory access was encountered"),
    ("torch.AcceleratorError", "something new"),
    ("RuntimeError", "CUDA error: device-side assert triggered"),
    ("RuntimeError", "CUDA error: unspecified launch failure"),
    ("RuntimeError", "CUDA error: uncorrectable ECC error encountered"),
    ("RuntimeError", "cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"),
    ("RuntimeError", "CUDA error: CUBLAS_STATUS_INTERNAL_ERROR when calling `cublasSgemm(...)`"),
    ("RuntimeError", "HIP error: the operation cannot be performed in the present state"),
    ("RuntimeError", "No CUDA-capable device is detected"),
]
NODE_ERRORS = [
    ("RuntimeError", "mat1 and mat2 shapes cannot be multiplied (77x2048 and 768x320)"),
    ("ValueError", "not enough values to unpack (expected 2, got 1)"),
    ("PIL.UnidentifiedImageError", "cannot identify image file 'x.png'"),
    ("graph.DependencyCycleError", "Dependency cycle detected"),
    ("FileNotFoundError", "[Errno 2] No such file or directory: 'cuda.safetensors'"),
]


@pytest.mark.parametrize(
    ("error", "expected"),
    [(error, FailureClass.OUT_OF_MEMORY) for error in MEMORY]
    + [(error, FailureClass.GPU_FAULT) for error in FAULTS]
    + [(error, FailureClass.NODE_ERROR) for error in NODE_ERRORS],
)
def test_an_error_of_a_node_is_put_into_its_class(error, expected):
    kind, message = error
    comfy = {"exception_type": kind, "exception_message": message + "\n", "node_id": 7}

    failure = failures.from_execution_error(comfy)

    assert failure.kind is expected
    assert failure.node_id == "7"
    assert failure.comfy == comfy
    assert failure.message


def test_a_refusal_names_the_nodes_and_keeps_comfyuis_answer():
    errors = [{"type": "value_not_in_list", "message": "Value not in list", "details": "ckpt: 'x'"}]
    body = {"error": {"message": "Prompt outputs failed validation"},
            "node_errors": {"4": {"errors": errors}}}  # fmt: skip

    failure = failures.from_refusal(Refused(400, json.dumps(body)))

    assert failure.kind is FailureClass.INVALID_GRAPH
    assert "(4: Value not in list ckpt: 'x')" in failure.message
    assert failure.comfy == body


@pytest.mark.parametrize("body", ["<html>too large</html>", "[]", '{"error": "text only"}'])
def test_a_refusal_in_another_form_is_a_refusal_all_the_same(body):
    assert failures.from_refusal(Refused(413, body)).kind is FailureClass.INVALID_GRAPH
